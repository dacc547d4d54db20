import type { Observation, PeerAddress } from '../contract/failure.ts';
import type { Cause } from '../contract/names.ts';
import { EXPLANATIONS, type Explanation } from './explanations.ts';
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

/** What the verdict rests on; facts about the address come with the correlated causes. */
function said({ proxy, symptom }: Observation): string {
  const source = proxy === 'nginx' ? 'the error line' : "Envoy's counters";
  return `${symptom.replaceAll('_', ' ')}, by ${source} alone`;
}

/** As nginx writes it: `10.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`, or the name of a block. */
export function peerText({ address, port }: PeerAddress): string {
  if (port === null) return address.startsWith('/') ? `unix:${address}` : address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The words for any cause; one that no rule can prove yet is only named. */
export function explanationOf(cause: Cause): Explanation {
  const known: Readonly<Partial<Record<Cause, Explanation>>> = EXPLANATIONS;
  return known[cause] ?? { ...EXPLANATIONS.unidentified, title: cause.replaceAll('_', ' ') };
}
