import type { Observation } from '../contract/failure.ts';
import type { Decision } from './engine-judge.ts';
import type { CauseEngineOptions } from './engine-options.ts';
import { StormShares } from './engine-shares.ts';

/** Says decisions as verdicts: one, or one for each charge that gets a part of the count. */
export class Verdicts {
  readonly #options: Pick<CauseEngineOptions, 'facts' | 'clock' | 'onVerdict'>;
  readonly #shares = new StormShares();

  constructor(options: Pick<CauseEngineOptions, 'facts' | 'clock' | 'onVerdict'>) {
    this.#options = options;
  }

  say(observation: Observation, decision: Decision): void {
    const { facts, clock, onVerdict } = this.#options;
    const decidedMs = clock.now();
    if ('cause' in decision) {
      const { cause, evidence } = decision;
      const upstream = facts.upstream(observation);
      onVerdict({ observation, count: observation.count, cause, upstream, evidence, decidedMs });
      return;
    }
    const counts = this.#shares.split(observation, decision.charges);
    for (let index = 0; index < counts.length; index++) {
      const { cause, upstream, evidence } = decision.charges[index];
      const count = counts[index];
      if (count > 0) onVerdict({ observation, count, cause, upstream, evidence, decidedMs });
    }
  }
}
