import type { GenerationId, Presentation } from '../transcoder/index.ts';
import { demand } from './accounts/access.ts';
import type { CaptionDesk } from './captions/caption-desk.ts';
import type { Config } from './config.ts';
import type { Foundation } from './foundation.ts';
import { serveCaptions } from './http/caption-delivery.ts';
import { Delivery } from './http/delivery.ts';
import type { Gate } from './http/gate.ts';
import type { Metrics } from './metrics.ts';

/** What the way out of finished lectures needs of the rest. */
export interface LectureDeliveryOptions {
  readonly config: Config;
  readonly foundation: Pick<Foundation, 'catalogue' | 'store'>;
  readonly captions: CaptionDesk;
  readonly gate: Gate;
  readonly metrics: Metrics;
  /** The playlists of a making that is not complete. */
  readonly compose: (generation: GenerationId) => Promise<Presentation | undefined>;
  /** A reader that takes nothing for so long is cut off. */
  readonly stallMs?: number | undefined;
}

/** Opens the way out of finished lectures: who may have what, and where playlists come from. */
export function openLectureDelivery(options: LectureDeliveryOptions): Delivery {
  const { config, foundation, captions, gate, metrics, compose, stallMs } = options;
  const { catalogue, store } = foundation;
  return new Delivery({
    store,
    metrics,
    cacheBytes: config.cacheBytes,
    ...(stallMs !== undefined && { stallMs }),
    async grant(generation) {
      const found = await catalogue.findByGeneration(generation);
      if (found === undefined) return undefined;
      const { courseware, version } = found;
      return {
        // Whoever is watching the version that was just replaced may watch it to its end.
        isPublic: courseware.publication === 'published' && courseware.upcoming?.id !== version.id,
        isComplete: version.production === 'ready',
        captions: serveCaptions(await captions.listFor(generation), version.duration),
      };
    },
    async admit(request, generation) {
      const found = await catalogue.findByGeneration(generation);
      demand(await gate.principalOf(request), 'courseware.play', {
        // A version that is not on the air yet is not published, whatever its item is.
        publication:
          found?.courseware.upcoming?.generation === generation ? 'draft' : found?.courseware.publication,
      });
    },
    compose,
  });
}
