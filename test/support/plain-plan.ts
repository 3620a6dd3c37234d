import type { GenerationPlan } from '../../transcoder/generation-plan.ts';
import { planSpans } from '../../transcoder/span.ts';

const SEGMENT = 6;

/** The plan of a lecture with a picture and nothing else, for what only asks which jobs there are and how long they are. */
export function plainPlan(seconds: number): GenerationPlan {
  const rate = { numerator: 25, denominator: 1 };
  const grid = { rate, segmentFrames: 25 * SEGMENT, frameCount: 25 * seconds };
  const renditions = [{ name: '360p', isCopied: false }];
  const plan = {
    duration: seconds,
    segmentDuration: SEGMENT,
    video: { grid, spans: planSpans(seconds / SEGMENT), renditions },
    audio: [],
    captions: [],
    chapters: [],
    remux: [],
    warnings: [],
  };
  return plan as unknown as GenerationPlan;
}
