import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { type LoadOptions, runLoad } from '../../src/commands/verify-load.ts';
import { Tally } from '../../src/commands/verify-tally.ts';

function load(port: number, options: Partial<LoadOptions> = {}) {
  return runLoad({
    ...{ url: new URL(`http://127.0.0.1:${port}/`), method: 'GET', headers: {}, qps: 1000, durationMs: 20 },
    ...{ timeoutMs: 60_000, mostUnderWay: 100, signal: new AbortController().signal, ...options },
  });
}

describe('an open loop', () => {
  it('sends on while nothing is answered, up to its bound, and counts what it does not send', async () => {
    const held: (() => void)[] = [];
    const server = createServer((_request, response) => void held.push(() => response.end()));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const running = load(port, { mostUnderWay: 3 });
    // The run lasts until these are answered.
    const answer = setInterval(() => {
      if (isOver) for (const end of held.splice(0)) end();
    }, 20);
    let isOver = false;
    setTimeout(() => {
      isOver = true;
    }, 3000);
    const { tally, planned } = await running;
    clearInterval(answer);
    server.close();
    assert.equal(planned, 20);
    assert.deepEqual(tally.codes(), [[200, 3]]);
    assert.deepEqual(
      tally.errors().map(({ kind, count }) => [kind, count]),
      [['not_sent', 17]],
    );
  });
});

describe('Tally', () => {
  it('says exact percentiles of answers, and none without one', () => {
    const tally = new Tally(2000);
    assert.equal(tally.latencies(), null);
    tally.add({ error: 'timeout', detail: '10 ms' }, 9999);
    assert.equal(tally.latencies(), null);
    for (let ms = 1000; ms >= 1; ms--) tally.add({ code: ms % 100 === 0 ? 502 : 200 }, ms);
    assert.deepEqual(tally.latencies(), { p50: 500, p90: 900, p99: 990, p999: 999, max: 1000 });
    assert.deepEqual(tally.codes(), [
      [200, 990],
      [502, 10],
    ]);
    assert.equal(tally.total(), 1001);
  });
});
