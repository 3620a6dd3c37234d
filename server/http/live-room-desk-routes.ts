import { actorName } from '../accounts/access.ts';
import { TABLE_TYPES } from '../exchange/export-table.ts';
import { attendanceTable } from '../live/room/attendance-table.ts';
import { roomEvents, type LiveRoomDeskOptions } from './live-room-events.ts';
import * as shape from './live-room-wire.ts';
import { route, type Reply, type Route } from './route.ts';
import { sendTable, tableFormat } from './table-reply.ts';

const PATH = '/api/v1/live-classes/{id}';
const tableParams = shape.classParams.extend(tableFormat.shape);

/** The operator's side of the room: the queue of questions, who came, and everything as it happens. */
export function liveRoomDeskRoutes(options: LiveRoomDeskOptions): readonly Route[] {
  const { room } = options;
  const oneQuestion = { 200: { description: 'How it stands now.', schema: shape.question } };
  return [
    route({
      method: 'GET',
      path: `${PATH}/questions`,
      action: 'live.operate',
      summary: 'The questions and raised hands of a class',
      params: shape.classParams,
      query: shape.questionQuery,
      replies: {
        200: { description: 'Of one state (default `new`), at most 500.', schema: shape.questions },
      },
      refuses: ['not-found'],
      async handle({ params, query }) {
        const found = await room.questions(params.id, query.state ?? 'new');
        return { status: 200, body: { items: found.map(shape.questionOf) } };
      },
    }),
    route({
      method: 'POST',
      path: `${PATH}/questions/{question}/move`,
      action: 'live.operate',
      summary: 'Accept, answer or dismiss a question, or put it back',
      params: shape.questionParams,
      body: shape.questionMove,
      replies: oneQuestion,
      refuses: ['not-found', 'conflict', 'invalid-move', 'invalid-input'],
      async handle({ params, body, principal }) {
        const moved = await room.moveQuestion(params.id, params.question, body, actorName(principal));
        return { status: 200, body: shape.questionOf(moved) };
      },
    }),
    route({
      method: 'POST',
      path: `${PATH}/questions/{question}/undo`,
      action: 'live.operate',
      summary: 'Take the last move of a question back',
      params: shape.questionParams,
      body: shape.questionUndo,
      replies: oneQuestion,
      refuses: ['not-found', 'conflict', 'invalid-move'],
      async handle({ params, body, principal }) {
        const undone = await room.undoMove(params.id, params.question, body.from, actorName(principal));
        return { status: 200, body: shape.questionOf(undone) };
      },
    }),
    route({
      method: 'PUT',
      path: `${PATH}/receipts`,
      action: 'live.operate',
      summary: 'Enter the receipt of a hall for it, or correct its head-count',
      description: 'It goes before what the hall itself has said, and may come later than the hall’s own.',
      params: shape.classParams,
      body: shape.officeReceiptInput,
      replies: { 200: { description: 'It is on disk.', schema: shape.receipt } },
      refuses: ['not-found', 'invalid-input', 'conflict'],
      async handle({ params, body, principal }) {
        const entered = await room.enterReceipt(params.id, body, actorName(principal));
        return { status: 200, body: shape.receiptOf(entered) };
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/invitations`,
      action: 'live.manage',
      summary: 'The halls that are expected',
      params: shape.classParams,
      replies: { 200: { description: 'By name.', schema: shape.halls } },
      refuses: ['not-found'],
      async handle({ params }) {
        return { status: 200, body: { halls: await room.invited(params.id) } };
      },
    }),
    route({
      method: 'PUT',
      path: `${PATH}/invitations`,
      action: 'live.manage',
      summary: 'Say which halls are expected, all of them at once',
      params: shape.classParams,
      body: shape.halls,
      replies: { 200: { description: 'Each once, by name.', schema: shape.halls } },
      refuses: ['not-found', 'invalid-input'],
      async handle({ params, body }) {
        return { status: 200, body: { halls: await room.invite(params.id, body.halls) } };
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/attendance`,
      action: 'live.operate',
      summary: 'Who came, also while the class goes on',
      params: shape.classParams,
      query: shape.attendanceQuery,
      replies: { 200: { description: 'A page, and the whole in numbers.', schema: shape.attendance } },
      refuses: ['not-found'],
      async handle({ params, query }) {
        return { status: 200, body: shape.attendanceOf(await room.attendance(params.id), query) };
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/attendance.{format}`,
      action: 'live.operate',
      summary: 'Who came, as a table',
      description: 'CSV is in UTF-8 with a byte order mark; no cell is taken for a formula.',
      params: tableParams,
      replies: { 200: { description: 'The table.', contentType: TABLE_TYPES.xlsx } },
      refuses: ['not-found'],
      async handle({ params, response }): Promise<Reply> {
        const { title } = await room.class(params.id);
        const bytes = await attendanceTable(params.format, await room.attendance(params.id));
        return sendTable(response, params.format, bytes, { plain: 'attendance', shown: `到课情况-${title}` });
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/events`,
      action: 'live.operate',
      summary: 'What happens in the room, as server-sent events',
      description:
        'Events `presence` (AttendanceCounts with `onAirSeconds` and `receipts`, the latest receipts), `questions` ' +
        '(`waiting` and `accepted`, each a list of LiveQuestion) and `light`: each at once and after each change.',
      params: shape.classParams,
      replies: { 200: { description: 'A stream without end.', contentType: 'text/event-stream' } },
      refuses: ['not-found'],
      async handle({ params, response }) {
        await room.class(params.id);
        await roomEvents(options, params.id, response);
        return 'sent' as const;
      },
    }),
  ];
}
