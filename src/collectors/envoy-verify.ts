import type { Subject, Writers } from '../contract/metrics.ts';
import { STAT } from './envoy-growth.ts';
import type { ENVOY_METRICS } from './envoy-metrics.ts';

/** Why Envoy refused the certificate of an upstream: value of `kind`, counter, words. */
const KINDS = [
  ['error', 'ssl.fail_verify_error', 'of no trusted authority, expired or revoked'],
  ['san', 'ssl.fail_verify_san', 'without a name that is expected'],
  ['no_cert', 'ssl.fail_verify_no_cert', 'not given at all'],
  ['cert_hash', 'ssl.fail_verify_cert_hash', 'not the one whose hash is pinned'],
] as const;

/** Counted one for one failed handshake; none of them is in `ssl.connection_error`. */
export const VERIFY_FAILURES = KINDS.map(([, stat]) => stat);

/** `certificates refused: 12 without a name that is expected (ssl.fail_verify_san)` */
export function refusedCertificates(growth: Float64Array): string {
  const parts = KINDS.flatMap(([, stat, words]) =>
    growth[STAT[stat]] > 0 ? [`${growth[STAT[stat]]} ${words} (${stat})`] : [],
  );
  return `certificates refused: ${parts.join(', ')}`;
}

/** Counts what grew; a cluster that never refused one has no series. */
export function countRefusedCertificates(
  metrics: Pick<Writers<typeof ENVOY_METRICS>, 'verifyFailures'>,
  labels: Subject & { readonly upstream: string },
  growth: Float64Array,
): void {
  for (const [kind, stat] of KINDS)
    if (growth[STAT[stat]] > 0) metrics.verifyFailures.inc({ ...labels, kind }, growth[STAT[stat]]);
}
