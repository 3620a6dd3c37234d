import { openDatabase } from '../../../server/database/database.ts';

// A process for the tests: `count N` adds N to the counter, one transaction each; `linger` acknowledges one row, then
// stays inside a transaction that has changed a lot until it is killed; `fill` writes until there is no more room.
const [address = '', mode, amount = '0'] = process.argv.slice(2);
const database = await openDatabase(address);
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

if (mode === 'count') {
  for (let round = 0; round < Number(amount); round += 1) {
    await database.write(async (transaction) => {
      const [row] = await transaction.rows<{ n: number }>(
        `SELECT n FROM counter WHERE name = 'shared'${transaction.words.forUpdate}`,
      );
      await transaction.rows("UPDATE counter SET n = $1 WHERE name = 'shared'", (row?.n ?? 0) + 1);
    });
  }
  await database.close();
} else if (mode === 'linger') {
  await database.write((transaction) => transaction.rows("INSERT INTO counter VALUES ('acknowledged', 1)"));
  say('acknowledged');
  await database.write(async (transaction) => {
    for (let row = 0; row < 2000; row += 1) {
      await transaction.rows('INSERT INTO counter VALUES ($1, $2)', `open ${row} ${'x'.repeat(1000)}`, row);
    }
    say('open');
    await new Promise(() => setInterval(() => {}, 1000));
  });
} else {
  await database.write((transaction) =>
    transaction.rows('CREATE TABLE filler (n INTEGER PRIMARY KEY, text TEXT)'),
  );
  let acknowledged = 0;
  let failure: unknown;
  while (failure === undefined) {
    try {
      await database.write((transaction) =>
        transaction.rows('INSERT INTO filler (text) VALUES ($1)', 'x'.repeat(50_000)),
      );
      acknowledged += 1;
    } catch (error) {
      failure = error;
    }
  }
  const [kept] = await database.read((statements) =>
    statements.rows<{ n: number }>('SELECT COUNT(*) AS n FROM filler'),
  );
  const [integrity] = await database.read((statements) =>
    statements.rows<{ integrity_check: string }>('PRAGMA integrity_check'),
  );
  const { code, message } = failure as Error & { code: string };
  say(JSON.stringify({ acknowledged, kept: kept?.n, integrity: integrity?.integrity_check, code, message }));
  await database.close();
}
