import type { LiveClassId } from './live-class.ts';

/** A part of a class that has changed; `removed` when there is none any more. */
export type ChangedPart = 'class' | 'keys' | 'marks' | 'slides' | 'on-air' | 'removed';

/** Hears of every change this process makes, after it is on disk. */
export type ClassListener = (id: LiveClassId, part: ChangedPart) => void;
