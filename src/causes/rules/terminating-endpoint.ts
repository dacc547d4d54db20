import type { Observation } from '../../contract/failure.ts';
import { known } from '../../facts/answer.ts';
import type { EndpointBehind, EndpointFact, Facts } from '../../facts/facts.ts';
import { waitedMs, wentInFlight } from '../in-flight.ts';
import { proof, unproved } from '../judging.ts';
import type { CauseRule, Judgement } from '../rule.ts';
import { clockText, endpointSentence, endSentence, peerOf } from '../sentences.ts';
import { isList, silentEndpoints } from '../silent-endpoints.ts';
import { CONNECT_SYMPTOMS, IN_FLIGHT_SYMPTOMS, isAboutPeer } from '../symptom-groups.ts';

const NONE = known<readonly EndpointBehind[]>([]);

/** The pod is being deleted, or was while the request was in flight. */
export const terminatingEndpoint: CauseRule = {
  cause: 'terminating_endpoint',
  symptoms: new Set([...CONNECT_SYMPTOMS, ...IN_FLIGHT_SYMPTOMS, 'other']),
  judge(of, facts) {
    if (!isAboutPeer(of)) return null;
    const endpoint = facts.endpoint(of);
    if (!endpoint.isKnown) {
      const behind = of.symptom === 'connect_refused' ? facts.behind(of) : NONE;
      return behind.isKnown && behind.value.length > 0 ? judgeService(of, facts, behind.value) : unproved(endpoint);
    }
    if (wentInFlight(of, endpoint.value, facts))
      return proof(`the pod went while the request was in flight: ${endpointSentence(of, endpoint.value)}`);
    if (endpoint.value.state !== 'terminating' || endpoint.value.isLater) return null;
    if (of.symptom === 'response_timeout') return judgeSilence(of, facts, endpoint.value);
    return proof(endpointSentence(of, endpoint.value));
  },
};

/** One that leaves refused, where each that stays listens: the node sends to it until it has heard. */
function judgeService(of: Observation, facts: Facts, behind: readonly EndpointBehind[]): Judgement {
  const silent = silentEndpoints(of, facts, behind, ({ isLeaving }) => isLeaving);
  if (!isList(silent)) return silent;
  const rest = behind.length - silent.length;
  // Without any that works the node itself refuses.
  if (silent.length === 0 || rest === 0) return null;
  const others = rest === 1 ? 'its other endpoint listens' : `its ${rest} other endpoints listen`;
  const sentences = silent.map(
    ({ its, listener }) =>
      `at ${clockText(listener.atMs, of.atMs)} nothing listened at ${peerOf(its)}, which is terminating or gone`,
  );
  return proof(...sentences, `${peerOf(of)} is the address of a Service: ${others}`);
}

/** A pod that terminates may still work, and be slow as before: only one whose container has ended is silent for that. */
function judgeSilence(of: Observation, facts: Facts, endpoint: EndpointFact): Judgement {
  const ends = facts.ends(of, 'peer', waitedMs(of, facts));
  if (!ends.isKnown) return unproved(ends);
  const [last] = ends.value;
  return last === undefined ? null : proof(endpointSentence(of, endpoint), endSentence(last, of.atMs));
}
