import { type CertificateExpiry, parseCerts } from '../parse/envoy-certs.ts';
import { ClustersParser } from '../parse/envoy-clusters.ts';
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
  /** For each of the four answers. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly nowMs: number;
}

/** What one poll read, besides what went into the memory. */
export interface EnvoyReading {
  readonly server: ServerInfo;
  readonly certificates: readonly CertificateExpiry[];
  /** Why there are no certificates; null when they were read. */
  readonly certificatesFailure: PollFailure | null;
  readonly skips: StatsSkips;
  readonly bytes: number;
  readonly slowestMs: number;
}

/** The reason for the error counter; null for a cancelled poll or a defect of ours. */
export function reasonOf(error: unknown): PollFailure | null {
  if (error instanceof EnvoyParseError) return 'malformed';
  return error instanceof HttpGetError && error.reason !== 'aborted' ? error.reason : null;
}

/** The four requests of a poll, one after another: /clusters (names), /stats (split by those names), /server_info, /certs. */
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
  let certificates: readonly CertificateExpiry[] = [];
  let certificatesFailure: PollFailure | null = null;
  try {
    certificates = parseCerts(await askText('certs'), wanted.nowMs);
  } catch (error) {
    // An admin interface that allows only some paths may refuse this one: no reason to lose the rest.
    certificatesFailure = reasonOf(error);
    if (certificatesFailure === null || certificatesFailure === 'timeout') throw error;
  }
  return { server, certificates, certificatesFailure, skips: stats.skips, bytes, slowestMs };
}
