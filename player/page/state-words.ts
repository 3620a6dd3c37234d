import type {
  CoursewareRecord,
  ProductionRecord,
  ProductionWord,
  PublicationWord,
  VersionRecord,
} from './api.ts';

/** What producers read for the state of the media. */
export const PRODUCTION_WORDS: Readonly<Record<ProductionWord | 'canceled', string>> = {
  none: '没有视频',
  uploading: '上传中',
  uploaded: '等待处理',
  probing: '正在检查视频',
  transcoding: '转码中',
  ready: '视频已就绪',
  failed: '处理失败',
  canceled: '已取消转码',
};

/** What producers read for what the office decided. */
export const PUBLICATION_WORDS: Readonly<Record<PublicationWord, string>> = {
  draft: '草稿',
  submitted: '已提交审核',
  in_review: '审核中',
  returned: '已退回',
  approved: '审核通过',
  published: '已发布',
  suspended: '已暂停',
  withdrawn: '已撤回',
};

/** The moves the server allows, as in its own table; the way from one state to another is found here, not guessed. */
export const MOVES: Readonly<Record<PublicationWord, readonly PublicationWord[]>> = {
  draft: ['submitted', 'approved', 'withdrawn'],
  submitted: ['in_review', 'approved', 'returned', 'draft'],
  in_review: ['approved', 'returned'],
  returned: ['submitted', 'withdrawn'],
  approved: ['published', 'returned', 'withdrawn'],
  published: ['suspended', 'withdrawn'],
  suspended: ['published', 'withdrawn'],
  withdrawn: ['draft'],
};

/** The shortest row of moves that leads there; empty when already there. Pure. */
export function movesTo(from: PublicationWord, to: PublicationWord): readonly PublicationWord[] {
  const ways: PublicationWord[][] = [[]];
  const seen = new Set<PublicationWord>([from]);
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const here = way[way.length - 1] ?? from;
    if (here === to) return way;
    for (const next of MOVES[here]) {
      if (!seen.has(next)) ways.push(way.concat(next));
      seen.add(next);
    }
  }
  return [];
}

/** The version a producer cares about: the one in the making, else the one on the air. */
export function newestVersion({ current, upcoming }: CoursewareRecord): VersionRecord | undefined {
  return upcoming ?? current ?? undefined;
}

/** True while somebody is at work on the media, so that its progress is worth asking for. */
export function isInProduction(state: ProductionWord | 'canceled'): boolean {
  return state === 'uploaded' || state === 'probing' || state === 'transcoding';
}

/** What is known of the making before the server tells more. */
export function productionOf(courseware: CoursewareRecord): ProductionRecord {
  const version = newestVersion(courseware);
  if (version === undefined) return { state: 'none', progress: 0, isPlayable: false };
  const isCanceled = version.production === 'failed' && version.failure?.code === 'canceled';
  return {
    state: isCanceled ? 'canceled' : version.production,
    progress: version.progress,
    isPlayable: version.isPlayable,
    failure: version.failure ?? null,
    warnings: version.warnings,
  };
}
