export type { Cut, EndCut, InitCut, InputFacts, PartCut } from './cut.ts';
export { flvBytes, flvHeader, type FlvTag, type TagKind } from './flv-tag.ts';
export { FlvReader, type FlvReaderOptions } from './flv-reader.ts';
export { LiveError, type LiveErrorCode } from './live-error.ts';
export { LivePackager, type CutTargets, type PackagerOptions } from './live-packager.ts';
export type { InputStart } from './time-line.ts';
