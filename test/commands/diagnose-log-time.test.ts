import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LogClock } from '../../src/commands/diagnose-log-time.ts';

const AT = Date.parse('2026-11-21T03:00:05Z');
const HOUR = 3_600_000;

function timeOf(text: string, clock = new LogClock()): number | null {
  const line = Buffer.from(text);
  return clock.timeOf(line, 0, line.length);
}

describe('the time of a log line', () => {
  it('of a container runtime is told with its zone', () => {
    for (const stamp of ['2026-11-21T03:00:05.123456789Z', '2026-11-21T03:00:05Z', '2026-11-21T11:30:05.1+08:30'])
      assert.equal(timeOf(`${stamp} stderr F 2026/11/20 23:59:59 [error] x`), AT, stamp);
  });

  it('is that of nginx in the zone that was learnt, else in ours', () => {
    const line = '2026/11/20 22:00:05 [error] 31#31: x';
    const clock = new LogClock();
    const local = new Date(2026, 10, 20, 22, 0, 5).getTime();
    assert.equal(timeOf(line, clock), local);
    clock.learnZone(Buffer.from(line), AT + 40_000);
    assert.equal(timeOf(line, clock), AT);
    assert.equal(timeOf('<187>Nov 20 22:00:05 gw nginx: 2026/11/20 22:00:05 [error] 31#31: x', clock), AT);
  });

  it('learns nothing from a file that was touched later, or from no nginx line', () => {
    const line = '2026/11/20 22:00:05 [error] 31#31: x';
    for (const [last, mtimeMs] of [
      [line, AT + 7 * 60_000],
      [line, AT + 40 * HOUR],
      ['hello', AT],
    ] as const) {
      const clock = new LogClock();
      clock.learnZone(Buffer.from(last), mtimeMs);
      assert.equal(timeOf(line, clock), new Date(2026, 10, 20, 22, 0, 5).getTime());
    }
  });

  it('is null where there is none', () => {
    for (const text of [
      '',
      'x',
      '\tat main.js:1',
      '2026/11/2',
      '10.0.0.1 - - [21/Nov/2026] "GET /"',
      '\u0000'.repeat(40),
    ])
      assert.equal(timeOf(text), null, JSON.stringify(text));
  });

  it('tells pieces of split lines', () => {
    const clock = new LogClock();
    timeOf('2026-11-21T03:00:05Z stderr P begin', clock);
    assert.equal(clock.isPartial, true);
    timeOf('2026-11-21T03:00:05Z stderr F end', clock);
    assert.equal(clock.isPartial, false);
  });
});
