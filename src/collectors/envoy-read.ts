import { type CertificateExpiry, parseCerts } from '../parse/envoy-certs.ts';
import { ClustersParser } from '../parse/envoy-clusters.ts';
import { type EnvoyHistograms, HistogramsParser } from '../parse/envoy-histograms.ts';
import { EnvoyParseError } from '../parse/envoy-json.ts';
import { parseServerInfo, type ServerInfo } from '../parse/envoy-server-info.ts';
import { StatsParser, type StatsSkips } from '../parse/envoy-stats.ts';
import { type Base, HttpGetError } from '../sources/http-get.ts';
import { type EnvoyAdminRequest, getEnvoyAdmin } from '../sources/http-get-envoy.ts';
import type { EnvoyMemory } from './envoy-memory.ts';
import type { PollFailure } from './envoy-metrics.ts';

/** `/server_info` and `/certs` are read whole. */
const MAX_SMALL_BYTES = 2 * 1024 * 1024;

export interface EnvoyRequest {
  readonly base: Base;
  /** For each answer. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly nowMs: number;
  /** Latencies are wanted. */
  readonly histograms: boolean;
}

/** What one poll read, besides what went into the memory. */
export interface EnvoyReading {
  readonly server: ServerInfo;
  readonly certificates: readonly CertificateExpiry[];
  /** Null: not wanted, or refused. */
  readonly histograms: EnvoyHistograms | null;
  /** Of certificates and latencies, when they could not be read. */
  readonly failures: readonly PollFailure[];
  readonly skips: StatsSkips;
  readonly bytes: number;
  readonly slowestMs: number;
}

/** The reason for the error counter; null for a cancelled poll or a defect of ours. */
export function reasonOf(error: unknown): PollFailure | null {
  if (error instanceof EnvoyParseError) return 'malformed';
  return error instanceof HttpGetError && error.reason !== 'aborted' ? error.reason : null;
}

/** The requests of a poll, one after another: /clusters (names), /stats (split by those names), /server_info, /certs, /stats/prometheus (latencies). */
export async function readEnvoy(memory: EnvoyMemory, wanted: EnvoyRequest): Promise<EnvoyReading> {
  const { base, timeoutMs, signal } = wanted;
  let bytes = 0;
  let slowestMs = 0;
  const ask = async (request: EnvoyAdminRequest, maxBytes: number, onChunk: (chunk: Buffer) => void) => {
    const result = await getEnvoyAdmin({ base, request }, { timeoutMs, maxBytes, signal }, onChunk);
    bytes += result.bytes;
    slowestMs = Math.max(slowestMs, result.durationMs);
  };
  const askText = async (request: EnvoyAdminRequest) => {
    const chunks: Buffer[] = [];
    await ask(request, Math.min(MAX_SMALL_BYTES, wanted.maxBytes), (chunk) => chunks.push(Buffer.from(chunk)));
    return Buffer.concat(chunks).toString('utf8');
  };
  memory.begin();
  const clusters = new ClustersParser(memory.addCluster);
  await ask('clusters', wanted.maxBytes, (chunk) => clusters.push(chunk));
  clusters.end();
  const stats = new StatsParser(memory);
  await ask('stats', wanted.maxBytes, (chunk) => stats.push(chunk));
  stats.end();
  const server = parseServerInfo(await askText('server_info'));
  const failures: PollFailure[] = [];
  // An admin interface that allows only some paths may refuse one of these: no reason to lose the rest.
  const optional = async <T>(read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === null || reason === 'timeout') throw error;
      failures.push(reason);
      return null;
    }
  };
  const certificates = (await optional(async () => parseCerts(await askText('certs'), wanted.nowMs))) ?? [];
  const histograms = wanted.histograms
    ? await optional(async () => {
        const parser = new HistogramsParser();
        await ask('histograms', wanted.maxBytes, (chunk) => parser.push(chunk));
        parser.end();
        return parser.found;
      })
    : null;
  return { server, certificates, histograms, failures, skips: stats.skips, bytes, slowestMs };
}
