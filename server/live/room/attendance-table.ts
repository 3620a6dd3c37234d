import { CSV_BEGINNING, csvRow } from '../../exchange/csv-writer.ts';
import type { TableFormat } from '../../exchange/export-table.ts';
import type { CellValue } from '../../exchange/grid.ts';
import { writeWorkbook } from '../../exchange/workbook-writer.ts';
import type { Attendance, AttendanceRow, AttendanceState } from './attendance.ts';

/** What people call the states. */
export const STATE_WORDS: Readonly<Record<AttendanceState, string>> = {
  watched: '到课',
  partial: '部分收看',
  absent: '缺课',
};

interface Column {
  readonly heading: string;
  /** In characters. */
  readonly width: number;
  readonly of: (row: AttendanceRow, attendance: Attendance) => CellValue | undefined;
}

const COLUMNS: readonly Column[] = [
  { heading: '站点或观众', width: 28, of: ({ name }) => name },
  { heading: '状态', width: 10, of: ({ state }) => STATE_WORDS[state] },
  { heading: '收看分钟', width: 10, of: ({ watchedMs }) => minutesOf(watchedMs) },
  { heading: '直播分钟', width: 10, of: (_, { onAirMs }) => minutesOf(onAirMs) },
  { heading: '收看比例（%）', width: 14, of: ({ share }) => Math.round(share * 1000) / 10 },
  { heading: '在通知名单', width: 10, of: ({ isInvited }) => (isInvited ? '是' : '否') },
  { heading: '回执时间', width: 20, of: ({ acknowledgedAt }) => timeOf(acknowledgedAt) },
  { heading: '首次在线', width: 20, of: ({ firstAt }) => timeOf(firstAt) },
  { heading: '最后在线', width: 20, of: ({ lastAt }) => timeOf(lastAt) },
  { heading: '设备数', width: 8, of: ({ devices }) => devices },
  { heading: '党员', width: 8, of: ({ headCount }) => headCount?.members },
  { heading: '干部', width: 8, of: ({ headCount }) => headCount?.cadres },
  { heading: '积极分子', width: 8, of: ({ headCount }) => headCount?.activists },
  { heading: '群众', width: 8, of: ({ headCount }) => headCount?.masses },
  {
    heading: '合计人数',
    width: 8,
    of: ({ headCount: heads }) =>
      heads === undefined ? undefined : heads.members + heads.cadres + heads.activists + heads.masses,
  },
  {
    heading: '人数来源',
    width: 10,
    of: ({ headCount, isCountedByOffice }) =>
      headCount === undefined ? undefined : isCountedByOffice ? '代填' : '站点自报',
  },
];

/**
 * An attendance as a table to be saved: a workbook, or CSV in UTF-8 with a byte order mark whose cells no spreadsheet takes for
 * formulas. Times are those of the offices' clock.
 */
export async function attendanceTable(format: TableFormat, attendance: Attendance): Promise<Buffer> {
  const rows = [
    COLUMNS.map(({ heading }) => heading),
    ...attendance.rows.map((row) => COLUMNS.map((column) => column.of(row, attendance))),
  ];
  if (format === 'csv') return Buffer.from(CSV_BEGINNING + rows.map(csvRow).join(''));
  return writeWorkbook([{ name: '到课情况', columns: COLUMNS.map(({ width }) => ({ width })), rows }]);
}

function minutesOf(ms: number): number {
  return Math.round(ms / 6000) / 10;
}

const TIMES = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Asia/Shanghai',
  dateStyle: 'short',
  timeStyle: 'medium',
});

function timeOf(at: number | undefined): string | undefined {
  return at === undefined ? undefined : TIMES.format(at);
}
