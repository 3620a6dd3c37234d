import { Command, Option } from 'commander';

import type { ClassBook } from '../live/class-book.ts';
import type { LiveClassFields } from '../live/live-class-input.ts';
import type { TimetablePart } from '../live/live-class-list.ts';
import type { MoveFacts } from '../live/live-class-moves.ts';
import { LIVE_CLASS_STATE_NAMES, type LiveClass, type LiveClassState } from '../live/live-class.ts';
import { momentOf, officeSpan, officeTime } from '../live/moment.ts';
import type { Recurrence } from '../live/recurrence.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { attendanceCommand, inviteCommand } from './live-attendance.ts';
import { ACTOR, withDatabase, withFoundation } from './opened-foundation.ts';
import { printable } from './terminal-text.ts';
import { wholeNumber } from './whole-number.ts';

/** `yuanjiao live` */
export function liveCommand(): Command {
  const command = new Command('live')
    .description('Plan live classes, tell everybody of them, and hand out their stream keys.')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao live create '冬季果树管理' --start '2026-12-01 14:30' --minutes 90 --lecturer 俞老师
  yuanjiao live list
  yuanjiao live key 4kq7xw2mznbp
  yuanjiao live announce 4kq7xw2mznbp --text '请各站点提前十分钟就座。'

Times are Chinese time unless they say another zone. A running server takes notice of every change within seconds.`,
    )
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(createCommand())
    .addCommand(keyCommand())
    .addCommand(removeCommand())
    .addCommand(postponeCommand())
    .addCommand(inviteCommand())
    .addCommand(attendanceCommand());
  for (const [verb, to, does] of VERBS) command.addCommand(moveCommand(verb, to, does));
  return command;
}

const VERBS = [
  ['schedule', 'scheduled', 'Give a class its place in the timetable, or take back its announcement.'],
  ['announce', 'announced', 'Tell everybody of a class: its page, the calendar and the feed show it.'],
  ['cancel', 'cancelled', 'Cancel a class; its page says so.'],
  ['rehearse', 'rehearsing', 'Begin a rehearsal, which only operators see.'],
  ['start', 'on_air', 'Put a class on the air.'],
  ['end', 'ended', 'End a class for good.'],
  ['archive', 'archived', 'Put a class away that needs nothing more.'],
] as const satisfies readonly (readonly [string, LiveClassState, string])[];

async function withClasses(flags: ConfigFlags, work: (classes: ClassBook) => Promise<void>): Promise<void> {
  const { ClassBook } = await import('../live/class-book.ts');
  await withDatabase(configOf(flags), (database) => work(new ClassBook(database).as(ACTOR)));
}

interface ListFlags extends ConfigFlags {
  readonly part: TimetablePart;
  readonly json?: boolean;
}

function listCommand(): Command {
  return withConfigOption(new Command('list'))
    .description('List the timetable.')
    .addOption(
      new Option('--part <which>', 'which classes')
        .choices(['running', 'upcoming', 'past'])
        .default('upcoming'),
    )
    .option('--json', 'print all that is known of them as JSON')
    .addHelpText('after', '\nExamples:\n  yuanjiao live list\n  yuanjiao live list --part past --json')
    .action((flags: ListFlags) =>
      withClasses(flags, async (classes) => {
        const found: LiveClass[] = [];
        let after: string | undefined;
        do {
          const page = await classes.list({
            part: flags.part,
            limit: 100,
            ...(after !== undefined && { after }),
          });
          found.push(...page.items);
          after = page.next;
        } while (after !== undefined);
        if (flags.json === true) console.log(JSON.stringify(found, undefined, 2));
        else if (found.length === 0) console.error('没有直播课堂。');
        else for (const one of found) console.log(lineOf(one));
      }),
    );
}

const lineOf = ({ id, plannedStart, plannedEnd, state, title, lecturers }: LiveClass): string =>
  printable(
    `${id}  ${officeSpan(plannedStart, plannedEnd)}  ${LIVE_CLASS_STATE_NAMES[state]}  《${title}》` +
      (lecturers.length === 0 ? '' : `  ${lecturers.join('、')}`),
  );

function showCommand(): Command {
  return withConfigOption(new Command('show'))
    .description('Show one class: what is written of it, its keys, who published, and what happened.')
    .argument('<id>', 'as "yuanjiao live list" shows it')
    .addHelpText('after', '\nExamples:\n  yuanjiao live show 4kq7xw2mznbp')
    .action((id: string, flags: ConfigFlags) =>
      withClasses(flags, async (classes) => {
        const found = await classes.get(id);
        console.log(lineOf(found));
        for (const { role, issuedAt } of await classes.keys(id)) {
          console.log(`推流密钥 ${role}：${officeTime(issuedAt)} 发放`);
        }
        for (const { role, address, startedAt, endedAt, endReason } of await classes.sessions.list(id)) {
          const span = endedAt === undefined ? `${officeTime(startedAt)} 起` : officeSpan(startedAt, endedAt);
          console.log(printable(`推流 ${role}：${span}，${address} ${endReason ?? ''}`).trimEnd());
        }
        for (const { address, why, times, lastAt } of await classes.sessions.refusals(id)) {
          console.log(printable(`被拒 ${times} 次：${address}，${why}，最近 ${officeTime(lastAt)}`));
        }
        for (const { at, actor, field, before, after, reason } of await classes.history(id)) {
          const change = [before, after].map((value) => value ?? '').join(' → ');
          console.log(
            printable(`${officeTime(at)}  ${actor}  ${field}  ${change}  ${reason ?? ''}`).trimEnd(),
          );
        }
      }),
    );
}

interface CreateFlags extends ConfigFlags {
  readonly start: string;
  readonly end?: string;
  readonly minutes?: number;
  readonly lecturer?: readonly string[];
  readonly host?: string;
  readonly channel?: string;
  readonly description?: string;
  readonly play?: string;
  readonly record: boolean;
  readonly weekly?: number;
  readonly biweekly?: number;
  readonly on?: readonly string[];
  readonly draft?: boolean;
}

const several = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

function createCommand(): Command {
  return withConfigOption(new Command('create'))
    .description('Plan a class, or a class that comes again, and print the ids.')
    .argument('<title>')
    .requiredOption('--start <time>', 'when it begins')
    .option('--end <time>', 'when it ends')
    .option('--minutes <count>', 'how long it lasts, instead of --end', wholeNumber(9999))
    .option('--lecturer <name>', 'who teaches; repeat it for more', several)
    .option('--host <unit>', 'the unit that holds it')
    .option('--channel <name>', 'the hall or studio it comes from')
    .option('--description <text>', 'what it is about')
    .option('--play <courseware>', 'play an item of the catalogue instead of an encoder')
    .option('--no-record', 'keep no recording')
    .option('--weekly <times>', 'plan it every week, so many times', wholeNumber(9999))
    .option('--biweekly <times>', 'plan it every other week, so many times', wholeNumber(9999))
    .option('--on <day>', 'plan it on this day too; repeat it for more', several)
    .option('--draft', 'take no place in the timetable yet')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao live create '冬季果树管理' --start '2026-12-01 14:30' --minutes 90 --lecturer 俞老师
  yuanjiao live create '夜校' --start '2026-12-02 19:00' --minutes 90 --weekly 8
  yuanjiao live create '重播' --start '2026-12-03 09:00' --minutes 40 --play 7fkd2mznbp4x

A lecturer, a unit and a channel can be in one class at a time; with --draft that is not asked yet.`,
    )
    .action((title: string, flags: CreateFlags) =>
      withClasses(flags, async (classes) => {
        const recurrence = recurrenceOf(flags);
        const first = await classes.create({
          ...fieldsOf(flags),
          title,
          ...timesOf(flags),
          state: flags.draft === true ? 'draft' : 'scheduled',
          ...(recurrence !== undefined && { recurrence }),
        });
        const made =
          first.recurrenceId === undefined
            ? [first]
            : (await classes.list({ recurrence: first.recurrenceId, limit: 100 })).items;
        for (const one of made) console.log(lineOf(one));
      }),
    );
}

function fieldsOf({ lecturer, host, channel, description, play, record }: CreateFlags): LiveClassFields {
  return {
    records: record,
    ...(lecturer !== undefined && { lecturers: lecturer }),
    ...(host !== undefined && { hostUnit: host }),
    ...(channel !== undefined && { channel }),
    ...(description !== undefined && { description }),
    ...(play !== undefined && { source: 'simulive', coursewareId: play }),
  };
}

function timesOf({ start, end, minutes }: CreateFlags): {
  readonly plannedStart: string;
  readonly plannedEnd: string;
} {
  if ((end === undefined) === (minutes === undefined)) {
    throw new CommandError('usage', 'Say when it ends: either by --end or by --minutes.');
  }
  const plannedEnd = end ?? new Date(momentOf(start, 'start') + (minutes ?? 0) * 60_000).toISOString();
  return { plannedStart: start, plannedEnd };
}

function recurrenceOf({ weekly, biweekly, on }: CreateFlags): Recurrence | undefined {
  const wanted: Recurrence[] = [
    ...(weekly === undefined ? [] : [{ pattern: 'weekly' as const, times: weekly }]),
    ...(biweekly === undefined ? [] : [{ pattern: 'biweekly' as const, times: biweekly }]),
    ...(on === undefined ? [] : [{ pattern: 'dates' as const, dates: on }]),
  ];
  if (wanted.length > 1) throw new CommandError('usage', 'Take one of --weekly, --biweekly and --on.');
  return wanted[0];
}

interface KeyFlags extends ConfigFlags {
  readonly backup?: boolean;
  readonly revoke?: boolean;
}

function keyCommand(): Command {
  return withConfigOption(new Command('key'))
    .description(
      'Make a stream key for a class and print it; it cannot be shown again, and the one before is void.',
    )
    .argument('<id>', 'as "yuanjiao live list" shows it')
    .option('--backup', 'for the second encoder')
    .option('--revoke', 'make it good for nothing, and make no other')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao live key 4kq7xw2mznbp
  KEY=$(yuanjiao live key 4kq7xw2mznbp --backup)
  yuanjiao live key 4kq7xw2mznbp --revoke

It is good from an hour before the planned start to an hour after the planned end, and while the class is on the air.`,
    )
    .action((id: string, flags: KeyFlags) =>
      withClasses(flags, async (classes) => {
        const role = flags.backup === true ? 'backup' : 'main';
        if (flags.revoke === true) {
          await classes.revokeKey(id, role);
          console.log('推流密钥已作废。');
          return;
        }
        const key = await classes.issueKey(id, role);
        console.error('推流密钥只显示这一次，请填入编码器：');
        console.log(key);
      }),
    );
}

interface MoveFlags extends ConfigFlags {
  readonly text?: string;
  readonly reason?: string;
  readonly start?: string;
  readonly end?: string;
  readonly following?: boolean;
}

/** Whether all of a recurrence are moved by this at once; on the air each is for itself. */
const TOGETHER: ReadonlySet<string> = new Set(['schedule', 'announce', 'cancel', 'archive']);

function moveCommand(verb: string, to: LiveClassState, does: string): Command {
  const command = withConfigOption(new Command(verb))
    .description(does)
    .argument('<id>', 'as "yuanjiao live list" shows it')
    .option('--text <words>', 'what everybody is told')
    .option('--reason <words>', 'for the history');
  if (TOGETHER.has(verb)) command.option('--following', 'and all that come after it in its recurrence');
  return command
    .addHelpText('after', `\nExamples:\n  yuanjiao live ${verb} 4kq7xw2mznbp`)
    .action((id: string, flags: MoveFlags) =>
      withClasses(flags, async (classes) => {
        const facts = factsOf(flags);
        const moved =
          flags.following === true
            ? await classes.moveFollowing(id, to, facts)
            : [await classes.move(id, to, facts)];
        for (const one of moved) console.log(lineOf(one));
      }),
    );
}

function postponeCommand(): Command {
  return withConfigOption(new Command('postpone'))
    .description('Put a class off: to a new time, or until one is known.')
    .argument('<id>', 'as "yuanjiao live list" shows it')
    .option('--start <time>', 'the new time')
    .option('--end <time>', 'when it then ends; as long as before by default')
    .option('--text <words>', 'what everybody is told')
    .option('--reason <words>', 'for the history')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao live postpone 4kq7xw2mznbp --text '因台风延期，时间另行通知。'
  yuanjiao live postpone 4kq7xw2mznbp --start '2026-12-08 14:30' --text '因台风改到下周二。'`,
    )
    .action((id: string, flags: MoveFlags) =>
      withClasses(flags, async (classes) => {
        const { plannedStart, plannedEnd } = await classes.get(id);
        const lengthMs = Date.parse(plannedEnd) - Date.parse(plannedStart);
        const end =
          flags.end ??
          (flags.start === undefined
            ? undefined
            : new Date(momentOf(flags.start, 'start') + lengthMs).toISOString());
        const facts = { ...factsOf(flags), plannedStart: flags.start, plannedEnd: end };
        console.log(lineOf(await classes.move(id, 'postponed', facts)));
      }),
    );
}

const factsOf = ({ text, reason }: MoveFlags): MoveFacts => ({ announcement: text, reason });

function removeCommand(): Command {
  return withConfigOption(new Command('remove'))
    .description('Remove a class that nobody was told of, or that was cancelled, with its slides.')
    .argument('<id>', 'as "yuanjiao live list" shows it')
    .option('--following', 'and all that come after it in its recurrence')
    .addHelpText('after', '\nExamples:\n  yuanjiao live remove 4kq7xw2mznbp')
    .action(async (id: string, flags: MoveFlags) => {
      const { ClassPictures } = await import('../live/class-pictures.ts');
      await withFoundation(configOf(flags), async (foundation) => {
        const pictures = new ClassPictures({
          ...foundation,
          onLeftover: (key) => console.error(`存储中留下了 ${key}，可以手工删除。`),
        });
        const classes = foundation.classes.as(ACTOR);
        const gone =
          flags.following === true ? await classes.removeFollowing(id) : [await classes.remove(id)];
        for (const leftovers of gone) await pictures.removeAll(leftovers);
        console.log(`已删除 ${gone.length} 节。`);
      });
    });
}
