import type { Subject } from '../contract/metrics.ts';
import { subjectKey } from './incident-key.ts';

const MOST_SUBJECTS = 50;

/** Replicas that take part in one incident. */
export class Replicas {
  readonly #subjects = new Map<string, Subject>();
  #last: Subject | null = null;

  add(subject: Subject): void {
    if (subject === this.#last) return;
    this.#last = subject;
    const key = subjectKey(subject);
    if (!this.#subjects.has(key) && this.#subjects.size < MOST_SUBJECTS) this.#subjects.set(key, subject);
  }

  list(): Subject[] {
    return [...this.#subjects.values()];
  }
}
