import assert from 'node:assert/strict';
import { it } from 'node:test';
import { LogTime, logTimeMs } from '../../../src/parse/access-log/log-time.ts';

it('reads both of nginx', () => {
  assert.equal(logTimeMs('21/Nov/2026:10:00:01 +0000'), Date.UTC(2026, 10, 21, 10, 0, 1));
  assert.equal(logTimeMs('01/Jan/2026:00:00:00 -0330'), Date.UTC(2026, 0, 1, 3, 30));
  assert.equal(logTimeMs('2026-11-21T10:00:01+01:00'), Date.UTC(2026, 10, 21, 9, 0, 1));
});

it('reads nothing else', () => {
  for (const text of [
    '',
    '-',
    '21/XXX/2026:10:00:01 +0000',
    '21/Nov/2026:10:00:01',
    '2026-11-21',
    '32/Nov/2026:10:00:01 +0000',
    '21/anF/2026:10:00:01 +0000',
  ])
    assert.equal(logTimeMs(text), null, text);
});

it('one line after the other is as each alone, whatever is around it', () => {
  const texts = ['21/Nov/2026:10:00:01 +0000', '21/Nov/2026:10:00:02 +0000', '', '-', 'x'.repeat(40)];
  const time = new LogTime();
  for (const one of texts)
    for (const text of [one, one, ...texts]) {
      const buffer = Buffer.from(`ab${text}cd`);
      assert.equal(time.of(buffer, 2, 2 + text.length), logTimeMs(text), text);
    }
});
