import type { TestContext } from 'node:test';

/** A clock that timers and performance.now() share; returns what moves it on, millisecond by millisecond. */
export function steppedTime(t: TestContext, fromMs = 0): (ms: number) => void {
  let nowMs = fromMs;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => nowMs);
  return (ms) => {
    for (const endMs = nowMs + ms; nowMs < endMs; ) {
      nowMs++;
      t.mock.timers.tick(1);
    }
  };
}
