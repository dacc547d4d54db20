import type { Observation } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import type { Clock } from '../contract/unit.ts';
import type { Condition } from '../contract/upstream.ts';
import { type Answer, known, pending, unknown } from './answer.ts';
import type { Conditions } from './conditions.ts';
import type { EndFacts, Side } from './end-facts.ts';

/** Told at two polls in a row: it began before. */
const LATE_MS = 5_000;
/** What was told so lately is polled, and will be told again. */
const POLLED_MS = 30_000;
const UNTOLD = unknown('nothing tells it');

export interface ConditionFactsOptions {
  readonly clock: Clock;
  readonly conditions: Conditions;
  readonly ends: Pick<EndFacts, 'find'>;
}

export interface ConditionFact {
  readonly isActive: boolean;
  readonly evidence: string;
}

/** Answers what a bad state of a gateway, or of the pod behind a peer, was when requests failed. */
export class ConditionFacts {
  readonly #options: ConditionFactsOptions;

  constructor(options: ConditionFactsOptions) {
    this.#options = options;
  }

  condition(of: Observation, side: 'peer' | 'gateway', condition: Condition): Answer<ConditionFact> {
    return this.#options.conditions.isUntold(condition) ? UNTOLD : this.#told(of, side, condition);
  }

  #told(of: Observation, side: 'peer' | 'gateway', condition: Condition): Answer<ConditionFact> {
    const { clock, conditions } = this.#options;
    const behind = side === 'peer' ? this.#options.ends.find(of, 'peer') : null;
    if (behind !== null && behind.pods.length === 0 && behind.network === undefined)
      return unknown('the pod behind the address is not known');
    const isIts = ({ subject }: { readonly subject: Subject }) =>
      behind === null ? isSameGateway(subject, of.subject) : isOneOf(behind, subject);
    const span = { fromMs: of.sinceMs, untilMs: of.atMs + LATE_MS };
    const told = conditions.during(condition, isIts, span);
    const active = told.find(({ isActive }) => isActive);
    if (active !== undefined) return known({ isActive: true, evidence: active.evidence });
    if (told.length === 0) return UNTOLD;
    const toldMs = Math.max(...told.map((one) => one.toldMs));
    const isPolled = toldMs < of.atMs && of.atMs - toldMs <= POLLED_MS;
    if (isPolled && clock.now() < of.atMs + LATE_MS)
      return pending('it is told again at the next poll', condition === 'sidecar_down' ? 'sockets' : null);
    return known({ isActive: false, evidence: told[0].evidence });
  }
}

/** A pod whose name the node does not know yet is told of by its uid. */
function isOneOf({ pods, network, names }: Side, { namespace, pod }: Subject): boolean {
  if (namespace !== '') return names.includes(`${namespace}/${pod}`);
  return pod !== '' && (network?.podUid === pod || pods.some(({ uid }) => uid === pod));
}

/** Of one pod whatever container it is; outside Kubernetes the gateway's name is all there is. */
function isSameGateway(one: Subject, other: Subject): boolean {
  if (one.pod !== '' || other.pod !== '') return one.pod === other.pod && one.namespace === other.namespace;
  return one.gateway === other.gateway;
}
