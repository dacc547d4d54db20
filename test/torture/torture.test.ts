import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LINE_BYTES } from './line-shape.ts';
import { planOf, runPlanned } from './plan.ts';

const length = process.env.TORTURE === 'long' ? 'long' : 'short';

for (const scenario of planOf(length)) {
  test(`${scenario.name}: ${scenario.rotations} rotations at ${scenario.linesPerSecond} lines/s`, async (t) => {
    const result = await runPlanned(scenario);
    t.diagnostic(JSON.stringify(result));
    assert.ok(result.written > 0);
    assert.equal(result.duplicated, 0);
    assert.equal(result.ranges > 0, scenario.ranges === true);
    if (scenario.kill && scenario.measured) assert.ok(result.kills > scenario.rotations);
    else if (scenario.kill) assert.equal(result.kills, scenario.rotations);
    if (scenario.measured) {
      assert.ok(result.destroyed);
      assert.equal(result.lost, result.destroyed);
      assert.equal(result.garbage, 0);
      assert.ok(result.lossEvents >= scenario.rotations, 'a truncation is never silent');
      assert.ok(result.lossBytes <= result.destroyed * LINE_BYTES, 'the lower bound is one');
      return;
    }
    if (!scenario.destructive) {
      assert.equal(result.lost, 0);
      assert.equal(result.garbage, 0);
      assert.equal(result.lossEvents, 0);
      return;
    }
    assert.ok(result.lossEvents > 0, 'a truncation is never silent');
    assert.ok(result.lossBytes <= (result.lost + 1) * LINE_BYTES, 'the lower bound is one');
  });
}
