import type { KernelCounter } from '../contract/evidence.ts';
import type { Observation } from '../contract/failure.ts';
import type { Condition } from '../contract/upstream.ts';
import type { Facts, NetworkSide } from '../facts/facts.ts';

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

  readyEndpoints(of: Observation): ReturnType<Facts['readyEndpoints']> {
    if (of !== this.#of) return this.#facts.readyEndpoints(of);
    this.#ready ??= this.#facts.readyEndpoints(of);
    return this.#ready;
  }

  listener(of: Observation): ReturnType<Facts['listener']> {
    if (of !== this.#of) return this.#facts.listener(of);
    this.#listener ??= this.#facts.listener(of);
    return this.#listener;
  }

  growth(of: Observation, side: NetworkSide, counter: KernelCounter, lookBackMs: number): ReturnType<Facts['growth']> {
    return this.#facts.growth(of, side, counter, lookBackMs);
  }

  denied(of: Observation): ReturnType<Facts['denied']> {
    return this.#facts.denied(of);
  }

  ends(of: Observation, side: 'peer' | 'gateway', lookBackMs: number): ReturnType<Facts['ends']> {
    return this.#facts.ends(of, side, lookBackMs);
  }

  condition(of: Observation, side: 'peer' | 'gateway', condition: Condition): ReturnType<Facts['condition']> {
    return this.#facts.condition(of, side, condition);
  }

  downed(of: Observation): ReturnType<Facts['downed']> {
    return this.#facts.downed(of);
  }
}
