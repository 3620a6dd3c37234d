import type { Config } from '../../config.ts';
import type { IngestLimits } from './limits.ts';
import type { ListeningPlace } from './message.ts';

/** Where encoders connect and what they may send, going by the settings; undefined where live classes are off. */
export function ingestPlace(
  config: Pick<
    Config,
    'host' | 'liveHost' | 'livePort' | 'liveTlsPort' | 'liveCertFile' | 'liveKeyFile' | 'liveMaxKbps'
  >,
): (ListeningPlace & { readonly limits: Partial<IngestLimits> }) | undefined {
  const { livePort: port, liveTlsPort, liveCertFile: certFile, liveKeyFile: keyFile } = config;
  if (port === 'off') return undefined;
  return {
    host: config.liveHost ?? config.host,
    port,
    ...(certFile !== undefined && keyFile !== undefined && { tls: { port: liveTlsPort, certFile, keyFile } }),
    limits: { maxBytesPerSecond: (config.liveMaxKbps * 1000) / 8 },
  };
}
