import type { KernelCounter } from '../contract/evidence.ts';
import type { Observation } from '../contract/failure.ts';
import type { Condition } from '../contract/upstream.ts';
import type { Facts, NetworkSide } from '../facts/facts.ts';

interface AskedGrowth {
  side: NetworkSide;
  counter: KernelCounter;
  lookBackMs: number;
  answer: ReturnType<Facts['growth']>;
}

/**
 * Facts of one observation at one moment, each asked for once: a dozen rules want to know what the peer was. Call `begin` before the rules
 * are asked.
 */
export class AskedOnce implements Facts {
  readonly #facts: Facts;
  #of: Observation | undefined;
  #endpoint: ReturnType<Facts['endpoint']> | undefined;
  #ready: ReturnType<Facts['readyEndpoints']> | undefined;
  #listener: ReturnType<Facts['listener']> | undefined;
  #upstream: ReturnType<Facts['upstream']> | undefined;
  #timeout: ReturnType<Facts['timeout']> | undefined;
  /** The first `#growthCount`; the others are places for more. */
  readonly #growths: AskedGrowth[] = [];
  #growthCount = 0;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** What was answered before is forgotten. */
  begin(of: Observation | undefined): void {
    this.#of = of;
    this.#endpoint = undefined;
    this.#ready = undefined;
    this.#listener = undefined;
    this.#upstream = undefined;
    this.#timeout = undefined;
    this.#growthCount = 0;
  }

  upstream(of: Observation): ReturnType<Facts['upstream']> {
    if (of !== this.#of) return this.#facts.upstream(of);
    this.#upstream ??= this.#facts.upstream(of);
    return this.#upstream;
  }

  endpoint(of: Observation): ReturnType<Facts['endpoint']> {
    if (of !== this.#of) return this.#facts.endpoint(of);
    this.#endpoint ??= this.#facts.endpoint(of);
    return this.#endpoint;
  }

  timeout(of: Observation): ReturnType<Facts['timeout']> {
    if (of !== this.#of) return this.#facts.timeout(of);
    if (this.#timeout === undefined) this.#timeout = this.#facts.timeout(of);
    return this.#timeout;
  }

  headerBuffer(of: Observation): ReturnType<Facts['headerBuffer']> {
    return this.#facts.headerBuffer(of);
  }

  isErrorLogWhole(of: Observation): boolean {
    return this.#facts.isErrorLogWhole(of);
  }

  readyEndpoints(of: Observation): ReturnType<Facts['readyEndpoints']> {
    if (of !== this.#of) return this.#facts.readyEndpoints(of);
    this.#ready ??= this.#facts.readyEndpoints(of);
    return this.#ready;
  }

  behind(of: Observation): ReturnType<Facts['behind']> {
    return this.#facts.behind(of);
  }

  unresolved(of: Observation): ReturnType<Facts['unresolved']> {
    return this.#facts.unresolved(of);
  }

  unhealthy(of: Observation): ReturnType<Facts['unhealthy']> {
    return this.#facts.unhealthy(of);
  }

  listener(of: Observation): ReturnType<Facts['listener']> {
    if (of !== this.#of) return this.#facts.listener(of);
    this.#listener ??= this.#facts.listener(of);
    return this.#listener;
  }

  queues(of: Observation): ReturnType<Facts['queues']> {
    return this.#facts.queues(of);
  }

  growth(of: Observation, side: NetworkSide, counter: KernelCounter, lookBackMs: number): ReturnType<Facts['growth']> {
    if (of !== this.#of) return this.#facts.growth(of, side, counter, lookBackMs);
    for (let at = 0; at < this.#growthCount; at++) {
      const one = this.#growths[at];
      if (one.counter === counter && one.side === side && one.lookBackMs === lookBackMs) return one.answer;
    }
    const answer = this.#facts.growth(of, side, counter, lookBackMs);
    const place = this.#growths[this.#growthCount];
    if (place === undefined) this.#growths.push({ side, counter, lookBackMs, answer });
    else {
      place.side = side;
      place.counter = counter;
      place.lookBackMs = lookBackMs;
      place.answer = answer;
    }
    this.#growthCount++;
    return answer;
  }

  growthDuring(...asked: Parameters<Facts['growthDuring']>): ReturnType<Facts['growthDuring']> {
    return this.#facts.growthDuring(...asked);
  }

  denied(of: Observation): ReturnType<Facts['denied']> {
    return this.#facts.denied(of);
  }

  localPorts(of: Observation): ReturnType<Facts['localPorts']> {
    return this.#facts.localPorts(of);
  }

  ends(of: Observation, side: 'peer' | 'gateway', lookBackMs: number): ReturnType<Facts['ends']> {
    return this.#facts.ends(of, side, lookBackMs);
  }

  condition(of: Observation, side: 'peer' | 'gateway', condition: Condition): ReturnType<Facts['condition']> {
    return this.#facts.condition(of, side, condition);
  }

  rejected(of: Observation): ReturnType<Facts['rejected']> {
    return this.#facts.rejected(of);
  }

  downed(of: Observation): ReturnType<Facts['downed']> {
    return this.#facts.downed(of);
  }
}
