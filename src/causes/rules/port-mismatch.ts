import type { Observation } from '../../contract/failure.ts';
import type { EndpointFact, Facts } from '../../facts/facts.ts';
import { isRemote, proof, unproved } from '../judging.ts';
import type { CauseRule, Judgement } from '../rule.ts';
import { clockText, endpointSentence, peerOf } from '../sentences.ts';
import { CONNECT_SYMPTOMS } from '../symptom-groups.ts';

/** A container that ended so lately may have listened on the port: the longest that the kubelet waits before it starts it again. */
const ENDED_MS = 300_000;

/** By then a program has started, mostly; until then its port is not wrong but late. */
const STARTING_MS = 120_000;

/** The gateway asks another port than the pod's: the Service has another one for this address, or nothing listens there and others do. */
export const portMismatch: CauseRule = {
  cause: 'port_mismatch',
  symptoms: new Set([
    ...CONNECT_SYMPTOMS,
    // What another program on the port answers. Not 5xx: the program may have both ports.
    'tls_handshake',
    'invalid_response',
    'stream_rejected',
    'protocol_error',
  ]),
  judge(of, facts) {
    const endpoint = facts.endpoint(of);
    if (endpoint.isKnown && endpoint.value.state === 'port_drift')
      return endpoint.value.isLater ? null : proof(endpointSentence(of, endpoint.value));
    // A pod that starts opens its ports one after another, and one that ends closes them so.
    if (endpoint.isKnown && (endpoint.value.state !== 'live' || isYoung(of, endpoint.value))) return null;
    const bySocket = of.symptom === 'connect_refused' && isRemote(of) ? judgeSockets(of, facts) : null;
    if (bySocket === null || bySocket === 'wait') return bySocket ?? unproved(endpoint);
    return unproved(endpoint) ?? bySocket;
  },
};

/** Without a readiness probe a pod is a ready endpoint before its program has started; ports of metrics and health often listen first. */
function isYoung(of: Observation, { sinceMs }: EndpointFact): boolean {
  return sinceMs !== null && of.atMs - sinceMs < STARTING_MS;
}

function judgeSockets(of: Observation, facts: Facts): Judgement {
  const listener = facts.listener(of);
  if (!listener.isKnown) return unproved(listener);
  const { state, others, atMs, lastListenedMs, hasAnswered } = listener.value;
  // It listened before: then the program ended, and the rest of the pod is what still listens.
  if (state !== 'port_mismatch' || lastListenedMs != null || hasAnswered) return null;
  if (atMs < of.sinceMs) return 'wait';
  const ends = facts.ends(of, 'peer', ENDED_MS);
  if (!ends.isKnown && ends.mayCome) return 'wait';
  if (ends.isKnown && ends.value.length > 0) return null;
  return proof(
    `at ${clockText(atMs, of.atMs)} nothing listened at ${peerOf(of)}; the pod listens on port ${others.join(', ')}`,
  );
}
