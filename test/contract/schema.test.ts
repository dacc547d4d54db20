import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationMs, sizeBytes, unitSchema } from '../../src/contract/schema.ts';

describe('durationMs', () => {
  const duration = durationMs(10, 3_600_000);
  for (const [text, ms] of [
    ['500ms', 500],
    ['15s', 15_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
  ] as const) {
    it(`${text} → ${ms}`, () => assert.equal(duration.parse(text), ms));
  }
  for (const bad of ['5', '5 s', '-1s', '1.5s', 's', '', '2h', '1ms', 5]) {
    it(`refuses ${JSON.stringify(bad)}`, () => assert.ok(!duration.safeParse(bad).success));
  }
});

describe('sizeBytes', () => {
  const size = sizeBytes(1, 1024 ** 3);
  for (const [text, bytes] of [
    ['64KiB', 65_536],
    ['8MiB', 8_388_608],
    ['100', 100],
    [4096, 4096],
    ['7B', 7],
  ] as const) {
    it(`${text} → ${bytes}`, () => assert.equal(size.parse(text), bytes));
  }
  for (const bad of ['64KB', '-1', '1.5MiB', 0, '2GiB']) {
    it(`refuses ${JSON.stringify(bad)}`, () => assert.ok(!size.safeParse(bad).success));
  }
});

describe('unitSchema', () => {
  it('gives defaults and refuses unknown keys', () => {
    const schema = unitSchema({ enabled: true, interval: '5s' }, {});
    assert.deepEqual(schema.parse({}), { enabled: true, interval: 5000 });
    assert.ok(!schema.safeParse({ intervall: '5s' }).success);
  });
});
