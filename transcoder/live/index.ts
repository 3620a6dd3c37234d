/**
 * A live class out of an encoder's stream: low-latency HLS and ordinary HLS from the same parts, rewinding, smaller renditions, a
 * journal that survives a killed process. It knows nothing of RTMP or HTTP; tags come in, playlists and bytes go out. The picture and the sound
 * of the source are passed on as they are, so a class costs no encoding.
 *
 * Save as `broadcast.mjs` and run `ffmpeg -re -i lecture.mp4 -c copy -f flv - | node broadcast.mjs`:
 *
 * ```js
 * import { Broadcast, FlvReader, LivePackager } from 'yuanjiao/live';
 *
 * const broadcast = await Broadcast.open({ folder: 'class-journal', token: 'teatime2026' });
 * const source = broadcast.begin('source');
 * // The next input of the same class would begin at broadcast.position.endMs.
 * const packager = new LivePackager({ startsAtMs: 0, startsAtWallMs: Date.now() });
 * const reader = new FlvReader();
 *
 * for await (const bytes of process.stdin) {
 *   for (const tag of reader.push(bytes)) {
 *     for (const cut of packager.push(tag)) await source.write(cut);
 *   }
 * }
 * for (const cut of packager.end()) await source.write(cut);
 * await broadcast.end();
 *
 * console.error(packager.light.level, packager.light.reasons);
 * const answer = await broadcast.playlist('source', 'dvr', {});
 * console.log(answer.text.text);
 * ```
 *
 * @packageDocumentation
 */

export { Broadcast } from './broadcast.ts';
export { SOURCE } from './class-timeline.ts';
export type { BroadcastInput, BroadcastOptions, BroadcastPosition, InputHints } from './broadcast.ts';
export type { Cut, EndCut, InitCut, InputFacts, PartCut } from './cut.ts';
export { flvBytes, flvHeader, type FlvTag, type TagKind } from './flv-tag.ts';
export { FlvReader, type FlvReaderOptions } from './flv-reader.ts';
export { LiveError, type LiveErrorCode } from './live-error.ts';
export { LivePackager, type CutTargets, type PackagerOptions } from './live-packager.ts';
export type { InputStart } from './time-line.ts';
export type { JournalHooks } from './journal.ts';
export type { PlaylistQuery } from './live-playlist.ts';
export type { LiveMedia, LiveText, PlaylistAnswer } from './live-rendition.ts';
export type { LivePart } from './live-segment.ts';
export type { RecordedRendition, RecordedSegment, RecordingFacts } from './recording-facts.ts';
export {
  LIGHT_ADVICE,
  LIGHT_LEVELS,
  type EncoderFacts,
  type EncoderLight,
  type LightLevel,
  type LightReason,
} from './encoder-light.ts';
export { LIVE_RUNGS, LiveLadder, type LadderDropReason, type LiveLadderOptions } from './ladder.ts';
export type { LiveRung } from './ladder-process.ts';
export { storeRecording, type RecordingTarget, type StoredRecording } from './recording.ts';
export { openStoredTags, type StoredTags } from './stored-tags.ts';
