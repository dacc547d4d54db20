import type { Clock, Collector, Outcome, Target } from '../contract/unit.ts';
import type { UpstreamApiTarget } from './upstream-api-target.ts';

/** What a look for a gateway that nobody has configured has found. */
export interface Look {
  readonly target: UpstreamApiTarget | null;
  /** What was found, or why nothing, in one sentence. */
  readonly note: string;
  /** Time until the next look, in milliseconds; 0: at the next poll. */
  readonly againMs: number;
}

export interface UpstreamApiOptions {
  /** What is looked for, in a sentence. */
  readonly what: string;
  /** Configuration key of the targets. */
  readonly key: string;
  readonly clock: Clock;
  readonly targets: readonly UpstreamApiTarget[];
  /** Null: nothing is looked for. */
  readonly look: ((signal: AbortSignal) => Promise<Look>) | null;
  /** A gateway that was found is no longer there. */
  readonly isGone: (target: UpstreamApiTarget, nowMs: number) => boolean;
}

/** Polls gateways that say themselves which upstreams they use: the configured ones, or else the one that is found. */
export class UpstreamApiCollector implements Collector {
  readonly #options: UpstreamApiOptions;
  #found: UpstreamApiTarget | null = null;
  #note = '';
  #nextLookMs = 0;

  constructor(options: UpstreamApiOptions) {
    this.#options = options;
    if (options.targets.length === 0 && options.look === null) this.#note = 'no targets configured, discovery is off';
  }

  get #targets(): readonly UpstreamApiTarget[] {
    return this.#found === null ? this.#options.targets : [this.#found];
  }

  async poll(signal: AbortSignal): Promise<Outcome> {
    await this.#discover(signal);
    const results = await Promise.allSettled(this.#targets.map((target) => target.poll(signal)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return this.#conclude();
  }

  async #discover(signal: AbortSignal): Promise<void> {
    const { targets, look, clock, isGone, what } = this.#options;
    if (targets.length > 0 || look === null) return;
    const nowMs = clock.now();
    if (this.#found !== null && isGone(this.#found, nowMs)) {
      this.#found.close();
      this.#note = `${what} at ${this.#found.name} is gone`;
      this.#found = null;
    }
    if (this.#found !== null || nowMs < this.#nextLookMs) return;
    const { target, note, againMs } = await look(signal);
    this.#found = target;
    this.#note = note;
    this.#nextLookMs = nowMs + againMs;
  }

  #conclude(): Outcome {
    const { what, key } = this.#options;
    const targets = this.#targets;
    if (targets.length === 0) return { state: 'absent', detail: `no ${what}: ${this.#note}; set ${key}` };
    const ok = targets.filter(({ state }) => state === 'ok');
    const bad = targets.find(({ state }) => state !== 'ok');
    if (bad === undefined) return { state: 'ok', detail: `${ok.length} of ${ok.length} targets; ${ok[0].detail}` };
    if (ok.length > 0) return { state: 'ok', detail: `${ok.length} of ${targets.length} targets; ${bad.detail}` };
    if (targets.every(({ state }) => state === 'not_permitted')) return { state: 'not_permitted', detail: bad.detail };
    throw new Error(bad.detail);
  }

  stop(): void {
    for (const target of this.#targets) target.close();
    this.#found = null;
  }

  targets(): readonly Target[] {
    return this.#targets.map(({ name, state, detail }) => ({ name, state, detail }));
  }

  notes(): readonly string[] {
    return this.#note === '' ? [] : [this.#note];
  }
}
