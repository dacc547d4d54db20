import type { PeerAddress } from '../../contract/failure.ts';
import { SYMPTOMS } from '../../contract/names.ts';
import { ERRNO_WORDS } from '../redacted-line.ts';
import type { EnvoyAccessLine } from './access-line.ts';
import type { AccessVerdict } from './access-verdict.ts';
import { RESPONSE_FLAGS } from './response-flags.ts';
import type { UpstreamTally } from './upstream-tally.ts';

const HIDDEN = '…';
const LONGEST = 300;
/** Envoy's own words for what happened; filters may write anything there. */
const DETAILS =
  /^(?:via_upstream|upstream_reset_(?:before|after)_response_started\{(?:connection_failure|local_connection_failure|remote_connection_failure|connection_timeout|connection_termination|local_reset|local_refused_stream_reset|overflow|remote_reset|remote_refused_stream_reset|protocol_error|overload_manager_reset|[a-z0-9/]*_premature_upstream_half_close)|no_healthy_upstream|cluster_not_found|route_not_found|(?:upstream_)?response_timeout|upstream_per_try_(?:idle_)?timeout|upstream_max_stream_duration_reached|stream_idle_timeout|overload|maintenance_mode|dns_resolution_failure)/;
const HOST = /^[\w.:/@-]{1,120}$/;
const CLUSTER = /^[\w.:|/;@~-]{1,160}$/;

/** `111: Connection refused` */
export function errnoText(errno: number): string {
  const words = ERRNO_WORDS[errno];
  return words === undefined ? String(errno) : `${errno}: ${words}`;
}

/**
 * A line of a failed request as it may be shown and kept: time, code, flags, Envoy's own words for what happened, errno, attempts, host and
 * cluster. No method, path, authority, header, client or body; at most 300 characters.
 */
export function redactedRequest(
  line: EnvoyAccessLine,
  verdict: AccessVerdict,
  { peer, upstream: { upstream } }: Pick<UpstreamTally, 'peer' | 'upstream'>,
): string {
  const { startMs, code } = line;
  const words = [
    Number.isFinite(startMs) ? new Date(startMs).toISOString() : '',
    Number.isNaN(code) ? '' : String(code),
    flagNames(line.flags),
    SYMPTOMS[verdict.symptom].replaceAll('_', ' '),
    verdict.errno > 0 ? `(${errnoText(verdict.errno)})` : '',
    detailsText(line.text('response_code_details')),
    line.has('duration') ? `after ${line.number('duration')} ms` : '',
    line.number('attempts') > 1 ? `attempt ${line.number('attempts')}` : '',
    peer === null ? '' : `upstream: ${peerText(peer)}`,
    upstream === '' ? '' : `cluster: ${CLUSTER.test(upstream) ? upstream : HIDDEN}`,
  ];
  return words
    .filter((word) => word !== '')
    .join(' ')
    .slice(0, LONGEST);
}

function peerText({ address, port }: PeerAddress): string {
  if (!HOST.test(address)) return HIDDEN;
  if (port === null) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function flagNames(flags: number): string {
  return RESPONSE_FLAGS.flatMap(([short], bit) => ((flags & (1 << bit)) === 0 ? [] : [short])).join(',');
}

function detailsText(details: string | null): string {
  if (details === null) return '';
  const known = DETAILS.exec(details)?.[0];
  if (known === undefined) return '';
  return `[${known}${known.includes('{') ? '}' : ''}]`;
}
