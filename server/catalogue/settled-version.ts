import type { GenerationStatus } from '../../transcoder/index.ts';
import type { ProductionFailure, ProductionState, Version } from './courseware.ts';

const CANCELED: ProductionFailure = {
  code: 'canceled',
  message: '转码已取消；需要时可以重新处理。',
};

const STAGES: Readonly<Record<GenerationStatus['stage'], ProductionState>> = {
  probing: 'probing',
  transcoding: 'transcoding',
  ready: 'ready',
  failed: 'failed',
  canceled: 'failed',
};

function failureOf(status: GenerationStatus): ProductionFailure | undefined {
  if (status.stage === 'canceled') {
    return CANCELED;
  }
  if (status.stage !== 'failed') {
    return undefined;
  }
  const { code, message } = status.failure ?? { code: 'unknown', message: '转码失败，原因不明。' };
  return { code, message };
}

/** What a version will be once `status` is written to it; pure. */
export function settledVersion(version: Version, status: GenerationStatus): Version {
  return {
    ...version,
    production: STAGES[status.stage],
    isPlayable: status.isPlayable,
    // Never back within a generation, though a repeated job starts from nothing.
    progress: status.stage === 'ready' ? 1 : Math.max(version.progress, Math.min(status.progress, 1)),
    failure: failureOf(status),
    warnings: status.warnings,
    duration: status.duration ?? version.duration,
    // One that a producer chose while the lecture was still being made stays.
    poster: version.poster ?? status.poster,
    storyboard: status.storyboard ?? version.storyboard,
  };
}
