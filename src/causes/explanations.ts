import type { Cause } from '../contract/names.ts';
import { ANSWER_EXPLANATIONS } from './explanations-answer.ts';
import { ENDPOINT_EXPLANATIONS } from './explanations-endpoint.ts';
import { GATEWAY_EXPLANATIONS } from './explanations-gateway.ts';
import { NETWORK_EXPLANATIONS } from './explanations-network.ts';
import { PEER_EXPLANATIONS } from './explanations-peer.ts';

/** A cause in plain words, for `explain`, the page and docs/causes/. `next` is a command or a place to look. */
export interface Explanation {
  readonly title: string;
  readonly meaning: string;
  /** Most frequent first. */
  readonly likely: readonly string[];
  readonly next: string;
}

export const EXPLANATIONS: Readonly<Record<Cause, Explanation>> = {
  ...ENDPOINT_EXPLANATIONS,
  ...PEER_EXPLANATIONS,
  ...NETWORK_EXPLANATIONS,
  ...ANSWER_EXPLANATIONS,
  ...GATEWAY_EXPLANATIONS,
};
