import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runDemo } from '../../src/commands/demo.ts';
import { formatMoment } from '../../src/commands/demo-scene.ts';

/** What it shows is tested end to end in test/e2e/demo.test.ts. */
describe('demo', () => {
  for (const speed of ['0', '-1', 'fast', '1001', 'NaN']) {
    it(`refuses --speed ${speed}`, () => assert.rejects(runDemo({ speed }), /give a number above 0, up to 1000/));
  }

  it('formats a moment', () => {
    assert.deepEqual([0, 999, 9000, 61_500].map(formatMoment), ['0:00', '0:00', '0:09', '1:01']);
  });
});
