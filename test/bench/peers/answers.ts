import { type Answer, add, addFailure } from '../corpus/truth.ts';

/** Reads the peers' output into the form of the truth. */

/** Output of classify.awk. */
export function awkAnswer(output: string): Answer {
  const answer = { symptoms: {}, failures: 0, upstreams: {}, unknown_upstream: {} };
  for (const line of output.trimEnd().split('\n')) {
    const [kind, ...rest] = line.split('\t');
    const amount = Number(rest.at(-1));
    if (kind === 'F') answer.failures = amount;
    if (kind === 'S') add(answer.symptoms, rest[0], amount);
    if (kind === 'N') addFailure(answer, null, [rest[0], amount]);
    if (kind === 'U') addFailure(answer, rest[0], [rest[1], amount]);
  }
  return answer;
}

const CONNECT_ERRNO: Readonly<Record<string, string>> = {
  '111:': 'connect_refused',
  '110:': 'connect_timeout',
  '113:': 'host_unreachable',
  '101:': 'network_unreachable',
  '104:': 'connect_reset',
  '99:': 'address_unavailable',
  '2:': 'socket_missing',
  '11:': 'queue_full',
  '13:': 'permission_denied',
};
const IO_ERRNO: Readonly<Record<string, string>> = { '104:': 'reset', '32:': 'broken_pipe', '24:': 'fds_exhausted' };

/** First words of a message → symptom; the first hit counts. */
const WORDS: readonly (readonly [string, string])[] = [
  ['no live upstreams', 'no_live_upstreams'],
  ['upstream server temporarily disabled', 'peer_marked_down'],
  ['epoll_wait()', 'client_abort'],
  ['peer closed connection in SSL handshake', 'tls_handshake'],
  ['upstream SSL certificate', 'tls_verify'],
  ['upstream sent too big', 'header_too_big'],
  ['upstream sent invalid', 'invalid_response'],
  ['upstream rejected request', 'stream_rejected'],
  ['upstream sent goaway', 'stream_rejected'],
  ['worker_connections', 'worker_connections_exhausted'],
  ['could not be resolved', 'dns_failure'],
  ['no resolver defined', 'dns_failure'],
  ['limiting requests', 'rate_limited'],
  ['limiting connections', 'connection_limited'],
  ['client intended', 'body_too_large'],
  ['client sent', 'client_bad_request'],
  ['access forbidden', 'access_denied'],
  ['auth request', 'subrequest_failed'],
  ['accept4()', 'fds_exhausted'],
  ['worker process', 'worker_crash'],
  ['host not found', 'config_rejected'],
  ['send() failed (111: Connection refused) while resolving', 'dns_failure'],
];
/** The resolver's own socket: no attempt has failed yet. */
const RESOLVING = ' while resolving';

type Labels = Readonly<Record<string, string>>;

function symptomOf({ what, errno, phase }: Labels): string {
  if (what === 'connect()') return CONNECT_ERRNO[errno] ?? 'other';
  if (what === 'SSL_do_handshake()') return phase === 'SSL handshaking' ? 'client_tls_error' : 'tls_handshake';
  if (what === 'upstream timed out') return phase === 'connecting to upstream' ? 'connect_timeout' : 'response_timeout';
  if (what.startsWith('upstream prematurely'))
    return phase === 'reading upstream' ? 'truncated_response' : 'premature_close';
  return WORDS.find(([words]) => what.startsWith(words))?.[1] ?? IO_ERRNO[errno] ?? 'other';
}

/** An upstream action or a name that did not resolve, and no companion or client abort. */
function isFailure(symptom: string, { what, phase }: Labels): boolean {
  if (what.endsWith(RESOLVING)) return false;
  if (symptom === 'dns_failure') return true;
  return !['', 'SSL handshaking'].includes(phase) && symptom !== 'peer_marked_down' && symptom !== 'client_abort';
}

/** Output of `mtail --one_shot --one_shot_format prometheus` with same-answer.mtail: folds its finer labels. */
export function mtailAnswer(output: string): Answer {
  const answer = { symptoms: {}, failures: 0, upstreams: {}, unknown_upstream: {} };
  for (const [, labelText, value] of output.matchAll(/^nginx_\w+_total\{(.*)\} (\S+)$/gm)) {
    const labels: Labels = Object.fromEntries([...labelText.matchAll(/(\w+)="([^"]*)"/g)].map(([, k, v]) => [k, v]));
    const symptom = symptomOf(labels);
    const amount = Number(value);
    add(answer.symptoms, symptom, amount);
    if (!isFailure(symptom, labels)) continue;
    answer.failures += amount;
    // A socket is written with a colon before its path part.
    addFailure(answer, labels.upstream?.replace(/:$/, '') || null, [symptom, amount]);
  }
  return answer;
}
