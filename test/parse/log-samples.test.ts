import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LogSamples } from '../../src/parse/log-samples.ts';

const line = (peer: string, errno = 111, time = '03:00:00') =>
  `2026/11/21 ${time} [error] 7#7: *1 connect() failed (${errno}: whatever) while connecting to upstream, client: 1.2.3.4, server: a, request: "GET / HTTP/1.1", upstream: "http://${peer}/", host: "a"`;
const at = (address: string, port: number | null = 80) => ({ scheme: '', address, port });

function look(text: string, samples = new LogSamples()): LogSamples {
  const buffer = Buffer.from(text);
  samples.look(buffer, 0, buffer.length);
  return samples;
}

describe('samples', () => {
  it('are the latest line of each symptom and peer', () => {
    const samples = look(
      `${[line('10.0.0.1:80'), line('10.0.0.1:80', 111, '03:00:09'), line('10.0.0.1:80', 113), line('[::1]:81')].join('\n')}\n`,
    );
    assert.match(
      samples.of('connect_refused', at('10.0.0.1')) ?? '',
      /^2026\/11\/21 03:00:09 \[error\] connect\(\) failed \(111/,
    );
    assert.match(samples.of('host_unreachable', at('10.0.0.1')) ?? '', /\(113/);
    assert.match(samples.of('connect_refused', at('::1', 81)) ?? '', /http:\/\/\[::1\]:81$/);
    assert.equal(samples.of('connect_refused', null), undefined);
    samples.clear();
    assert.equal(samples.of('connect_refused', at('10.0.0.1')), undefined);
  });

  it('come from wrapped lines too, with and without a last newline', () => {
    const docker = JSON.stringify({ log: `${line('10.0.0.2:80')}\n`, stream: 'stderr', time: '2026-11-21T03:00:00Z' });
    const samples = look(
      `2026-11-21T03:00:00.123456789Z stderr F ${line('10.0.0.1:80')}\n${docker}\n${line('10.0.0.3:80')}`,
    );
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
      assert.ok(samples.of('connect_refused', at(address)), address);
  });

  it('pieces of split lines are none', () => {
    const samples = look(`2026-11-21T03:00:00.123456789Z stderr P ${line('10.0.0.1:80')}\n`);
    assert.equal(samples.of('connect_refused', at('10.0.0.1')), undefined);
  });

  it('are at most 8 between two flushes, from the last 32 KiB of a block', () => {
    const samples = look(Array.from({ length: 20 }, (_, i) => `${line(`10.0.0.${i}:80`)}\n`).join(''));
    const found = Array.from({ length: 20 }, (_, i) => samples.of('connect_refused', at(`10.0.0.${i}`)) !== undefined);
    assert.deepEqual(found, [...Array(12).fill(false), ...Array(8).fill(true)]);
    const far = look(`${line('10.0.0.1:80')}\n${`${'x'.repeat(99)}\n`.repeat(400)}`);
    assert.equal(far.of('connect_refused', at('10.0.0.1')), undefined);
  });

  /** How many of `peers` failures in each flush have a sample. */
  const taken = (samples: LogSamples, peers: number, flushes: number) =>
    Array.from({ length: flushes }, () => {
      look(Array.from({ length: peers }, (_, i) => `${line(`10.0.0.${i}:80`)}\n`).join(''), samples);
      const found = Array.from({ length: peers }, (_, i) => i).filter((i) =>
        samples.of('connect_refused', at(`10.0.0.${i}`)),
      );
      samples.clear();
      return found.length;
    });

  it('are fewer while many fail: one more after four flushes, eight again after quiet ones', () => {
    const samples = new LogSamples();
    assert.deepEqual(taken(samples, 20, 13), [8, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]);
    for (let flush = 0; flush < 5; flush++) samples.clear();
    assert.deepEqual(taken(samples, 20, 1), [8]);
  });

  it('are of each failure while few fail', () => {
    assert.deepEqual(taken(new LogSamples(), 2, 12), Array(12).fill(2));
    assert.deepEqual(taken(new LogSamples(), 1, 12), Array(12).fill(1));
  });

  it('a line that begins before those 32 KiB is not taken for one', () => {
    const text = `${line('10.0.0.9:80')}\n${`${'x'.repeat(99)}\n`.repeat(326)}${'y'.repeat(60)}\n`;
    look(text);
    look('\n');
    look('');
    assert.equal(look(text).of('connect_refused', at('10.0.0.9')), undefined);
  });

  it('a storm of equal lines is not read twice: after 64 of them no other is looked at before the next flush', () => {
    const samples = look(`${line('10.0.0.1:80')}\n`.repeat(100));
    look(`${line('10.0.0.2:80')}\n`, samples);
    assert.equal(samples.of('connect_refused', at('10.0.0.2')), undefined);
    samples.clear();
    look(`${line('10.0.0.2:80')}\n`, samples);
    assert.ok(samples.of('connect_refused', at('10.0.0.2')));
  });

  it('other lines are passed over, but not without end', () => {
    const samples = new LogSamples();
    for (let i = 0; i < 10; i++) look(`${'GET / 200\n'.repeat(50)}`, samples);
    look(`${line('10.0.0.1:80')}\n`, samples);
    assert.ok(samples.of('connect_refused', at('10.0.0.1')));
    for (let i = 0; i < 11; i++) look(`${'GET / 200\n'.repeat(50)}`, samples);
    look(`${line('10.0.0.2:80')}\n`, samples);
    assert.equal(samples.of('connect_refused', at('10.0.0.2')), undefined);
  });
});
