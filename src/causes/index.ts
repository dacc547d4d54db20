import type { Observation, PeerAddress } from '../contract/failure.ts';
import type { Cause } from '../contract/names.ts';
import { generalCause } from './general.ts';

/** Why, and in words that a person on call can check. */
export interface Verdict {
  readonly cause: Cause;
  readonly evidence: string;
}

/** One cause as a pure rule: a verdict, or null when this cause is not proved. */
export type Rule = (observation: Observation) => Verdict | null;

/** The most specific first: the first verdict counts. */
const RULES: readonly Rule[] = [judgeByWords];

/** `unidentified` is a real answer: counted and shown, never dropped. */
export function judge(observation: Observation): Verdict {
  for (const rule of RULES) {
    const verdict = rule(observation);
    if (verdict !== null) return verdict;
  }
  return { cause: 'unidentified', evidence: `${said(observation)}; no rule explains it` };
}

function judgeByWords(observation: Observation): Verdict | null {
  const cause = generalCause(observation);
  return cause === null ? null : { cause, evidence: said(observation) };
}

function said({ proxy, symptom, peer }: Observation): string {
  const where = peer === null ? ', peer not known' : ` at ${peerText(peer)}`;
  return `${proxy} reported ${symptom.replaceAll('_', ' ')}${where}`;
}

/** As nginx writes it: `10.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`, or the name of a block. */
export function peerText({ address, port }: PeerAddress): string {
  if (port === null) return address.startsWith('/') ? `unix:${address}` : address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
