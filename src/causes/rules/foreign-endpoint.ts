import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { endpointSentence } from '../sentences.ts';
import { ANSWER_SYMPTOMS, CONNECT_SYMPTOMS, IN_FLIGHT_SYMPTOMS, isAboutPeer } from '../symptom-groups.ts';

/** Another Service's pod has the address: whatever it answers, it was the wrong one to ask. */
export const foreignEndpoint: CauseRule = {
  cause: 'foreign_endpoint',
  symptoms: new Set([...CONNECT_SYMPTOMS, ...IN_FLIGHT_SYMPTOMS, ...ANSWER_SYMPTOMS, 'other']),
  judge(of, facts) {
    if (!isAboutPeer(of)) return null;
    const endpoint = facts.endpoint(of);
    if (!endpoint.isKnown) return unproved(endpoint);
    return endpoint.value.state === 'foreign' ? proof(endpointSentence(of, endpoint.value)) : null;
  },
};
