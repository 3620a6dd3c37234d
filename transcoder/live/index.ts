export type { Cut, EndCut, InitCut, InputFacts, PartCut } from './cut.ts';
export type { FlvTag, TagKind } from './flv-tag.ts';
