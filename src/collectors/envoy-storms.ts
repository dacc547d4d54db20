import type { Finding } from './envoy-failures.ts';

/**
 * Outlier detection ejects hosts for what they answer, and that a 5xx was theirs is known a poll after it was counted (AppErrors). Requests that
 * found no healthy host meanwhile are told then, behind what took the hosts out.
 */
export class HeldStorms {
  #held: readonly Finding[] = [];

  /** `isDoubtful`: some 5xx of this poll may be the hosts' own. */
  pass(findings: readonly Finding[], isDoubtful: boolean): Finding[] {
    const late = this.#held.map((finding) => ({ ...finding, isLate: true }));
    const storms = isDoubtful ? findings.filter(({ symptom }) => symptom === 'no_healthy_upstream') : [];
    this.#held = storms;
    return [...findings.filter((finding) => !storms.includes(finding)), ...late];
  }
}
