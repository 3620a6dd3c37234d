// node light-players-once.js URL COUNT: plays until its input ends, then prints what all of them saw as one JSON object.
import { LightPlayer } from './light-player.ts';
import { spread } from './spread.ts';

const [url = '', count = '1'] = process.argv.slice(2);
const players = Array.from({ length: Number(count) }, () => new LightPlayer(url));
for (const player of players) {
  void player.play();
  // Halls do not switch on in the same millisecond.
  await new Promise((resolve) => setTimeout(resolve, 20));
}
process.stdin.resume();
await new Promise((resolve) => process.stdin.once('end', resolve));
for (const player of players) player.stop();

const first = new Map<string, number>();
for (const { figures } of players) {
  for (const [name, at] of figures.arrivals) first.set(name, Math.min(first.get(name) ?? Infinity, at));
}
// What was there before a player came says nothing of how fast news travel.
const known = [...first].toSorted(([, a], [, b]) => a - b).slice(players.length > 1 ? 20 : 0);
const behind = known.flatMap(([name, at]) =>
  players.flatMap(({ figures }) => {
    const arrived = figures.arrivals.get(name);
    return arrived === undefined ? [] : [arrived - at];
  }),
);
const sum = (pick: (figures: LightPlayer['figures']) => number): number =>
  players.reduce((total, { figures }) => total + pick(figures), 0);
console.log(
  JSON.stringify({
    playlists: sum(({ playlists }) => playlists),
    parts: sum(({ parts }) => parts),
    bytes: sum(({ bytes }) => bytes),
    failures: sum(({ failures }) => failures),
    behindMs: { p50: spread(behind, 0.5), p95: spread(behind, 0.95), p999: spread(behind, 0.999) },
  }),
);
process.exit(0);
