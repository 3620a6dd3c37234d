import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { Command } from 'commander';

import type { Attendance } from '../live/room/attendance.ts';
import type { Room } from '../live/room/room.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { withDatabase } from './opened-foundation.ts';
import { printable } from './terminal-text.ts';
import { tableFormatOf } from './table-file.ts';

/** `yuanjiao live attendance` */
export function attendanceCommand(): Command {
  return withConfigOption(new Command('attendance'))
    .description('Show who came to a class, or write it down as a table.')
    .argument('<id>', 'as "yuanjiao live list" shows it')
    .argument('[file]', 'where to write the whole list; its name ends in .xlsx or .csv')
    .addHelpText(
      'after',
      '\nExamples:\n  yuanjiao live attendance 4kq7xw2mznbp\n  yuanjiao live attendance 4kq7xw2mznbp 到课情况.xlsx',
    )
    .action((id: string, file: string | undefined, flags: ConfigFlags) => {
      const format = file === undefined ? undefined : tableFormatOf(file);
      return withRoom(flags, async (room) => {
        const attendance = await room.attendance(id);
        if (file === undefined || format === undefined) {
          for (const line of inWords(attendance)) console.log(printable(line));
          return;
        }
        const { attendanceTable } = await import('../live/room/attendance-table.ts');
        await writeFile(resolve(file), await attendanceTable(format, attendance));
      });
    });
}

/** `yuanjiao live invite` */
export function inviteCommand(): Command {
  return withConfigOption(new Command('invite'))
    .description('Say which halls are expected at a class, all of them at once.')
    .argument('<id>', 'as "yuanjiao live list" shows it')
    .argument('<file>', 'a text file in UTF-8 with the name of a hall in each line')
    .addHelpText('after', '\nExamples:\n  yuanjiao live invite 4kq7xw2mznbp 站点名单.txt')
    .action(async (id: string, file: string, flags: ConfigFlags) => {
      const halls = await namesIn(file);
      await withRoom(flags, async (room) => {
        console.log(`通知名单上有 ${(await room.invite(id, halls)).length} 个站点。`);
      });
    });
}

async function withRoom(flags: ConfigFlags, work: (room: Room) => Promise<void>): Promise<void> {
  const [{ ClassBook }, { BookedClasses }, { Room: RoomOf }] = await Promise.all([
    import('../live/class-book.ts'),
    import('../live/room/booked-classes.ts'),
    import('../live/room/room.ts'),
  ]);
  await withDatabase(configOf(flags), (database) =>
    work(new RoomOf({ database, classes: new BookedClasses(new ClassBook(database)) })),
  );
}

async function namesIn(file: string): Promise<readonly string[]> {
  const text = new TextDecoder('utf-8', { fatal: true });
  const bytes = await readFile(resolve(file)).catch((cause: unknown) => {
    throw new CommandError('usage', `${file} cannot be read; check the name.`, cause);
  });
  try {
    const lines = text.decode(bytes).split(/\r?\n/);
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  } catch (cause) {
    throw new CommandError('usage', `${file} is not text in UTF-8; save it as UTF-8 and try again.`, cause);
  }
}

function inWords({ onAirMs, counts, rows }: Attendance): readonly string[] {
  const { members, cadres, activists, masses } = counts.headCount;
  const absent = rows.filter(({ state }) => state === 'absent').map(({ name }) => name);
  return [
    `直播 ${Math.round(onAirMs / 6000) / 10} 分钟；现在在线 ${counts.present}`,
    `到课 ${counts.watched}，部分收看 ${counts.partial}，缺课 ${counts.absent}` +
      (counts.rate === undefined ? '' : `；到课率 ${Math.round(counts.rate * 1000) / 10} %`),
    `通知 ${counts.invited}，回执 ${counts.acknowledged}；党员 ${members}、干部 ${cadres}、积极分子 ${activists}、群众 ${masses}`,
    ...(absent.length === 0 ? [] : [`缺课：${absent.join('、')}`]),
  ];
}
