import type { TestContext } from 'node:test';

type Step = () => unknown;

/** What is to be undone, the last first. It stands in for a test's context where only `after` is used. */
export class Cleanup {
  readonly #steps: Step[] = [];
  readonly #problems: string[] = [];

  /** For the parts of test/support that take a test. */
  get context(): TestContext {
    return { after: (step: Step) => this.after(step) } as unknown as TestContext;
  }

  after(step: Step): void {
    this.#steps.push(step);
  }

  /** Every step is tried; what went wrong. */
  async run(): Promise<readonly string[]> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        this.#problems.push((error as Error).message);
      }
    }
    return this.#problems;
  }
}
