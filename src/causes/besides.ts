import type { Observation } from '../contract/failure.ts';
import type { Facts } from '../facts/facts.ts';
import { clockText, endpointSentence, endSentence, peerOf } from './sentences.ts';

/** What ended so long before may have to do with it. */
const ENDED_MS = 60_000;
const MOST_ENDS = 2;

/**
 * What is known of the moment and the place although it proves no cause, for the evidence of a general one: what the address was to its
 * Service, which containers of its pod had ended, what listened.
 */
export function besides(of: Observation, facts: Facts): readonly string[] {
  if (of.peer === null) return [];
  const [endpoint, ends, listener] = [facts.endpoint(of), facts.ends(of, 'peer', ENDED_MS), facts.listener(of)];
  const sentences = endpoint.isKnown ? [endpointSentence(of, endpoint.value)] : [];
  if (ends.isKnown) sentences.push(...ends.value.slice(0, MOST_ENDS).map((end) => endSentence(end, of.atMs)));
  if (of.symptom === 'connect_refused' && listener.isKnown && listener.value.state === 'listening')
    sentences.push(`${peerOf(of)} listened at ${clockText(listener.value.atMs, of.atMs)}`);
  return sentences;
}
