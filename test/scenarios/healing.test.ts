/** How soon the reflector finds out, tries again and knows the truth, with the times that it has in production. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { TIMING, type Timing } from '../../src/sources/kubernetes/timing.ts';
import type { FakeApiServer } from '../kubernetes/api-server.ts';
import { endpointSlice } from '../kubernetes/objects.ts';
import { type Followed, follow, truth } from '../sources/kubernetes/follow.ts';

/** By day all waits are so many times shorter, and what is promised of them with them. */
const FASTER = process.env.BADGATEWAY_NIGHTLY === '1' ? 1 : 10;
/** Back-off has come to its longest wait by then. */
const OUTAGE_MS = 70_000 / FASTER;
const FOUND_MS = 160_000 / FASTER;
const ATTEMPT_MS = 60_000 / FASTER;
const CONVERGED_MS = 5_000;
/** Timers of this machine. */
const SLACK_MS = 500;

interface Outage {
  readonly what: string;
  begin(api: FakeApiServer): unknown;
  /** The server works again. */
  end(api: FakeApiServer): unknown;
  /** Found by silence alone. */
  readonly isSilent?: boolean;
}

const OUTAGES: readonly Outage[] = [
  {
    what: 'killed, another process on its port',
    begin: (api) => api.kill(),
    end: (api) => api.restart({ jump: 1000 }),
  },
  {
    what: 'every connection reset',
    begin(api) {
      api.faults.on({ kind: 'cut', how: 'reset', afterBytes: 0 });
      api.resetConnections();
    },
    end: (api) => api.faults.allOff(),
  },
  { what: 'half-open', begin: (api) => api.freeze(), end: (api) => api.thaw(), isSilent: true },
  {
    what: '401 until the file has the new token',
    begin(api) {
      api.swapToken({ file: false });
      api.resetConnections();
    },
    end: (api) => api.serviceAccount.swap({ token: api.token }),
  },
  {
    what: '410 to every watch',
    begin(api) {
      api.faults.on({ kind: 'expired', shape: 'event' }, { verb: 'watch' });
      api.watches.expire();
    },
    end: (api) => api.faults.allOff(),
  },
  {
    what: 'a clock an hour ahead, in which the token has expired',
    begin(api) {
      api.swapToken();
      api.clockSkewMs = 3_700_000;
      api.resetConnections();
    },
    end(api) {
      api.clockSkewMs = 0;
    },
  },
];

function compressed(): Timing {
  const [least, most] = TIMING.backoffMs;
  return {
    ...TIMING,
    headersMs: TIMING.headersMs / FASTER,
    listMs: TIMING.listMs / FASTER,
    idleMs: TIMING.idleMs / FASTER,
    healthyMs: TIMING.healthyMs / FASTER,
    shortestWatchMs: TIMING.shortestWatchMs / FASTER,
    retryAfterMs: TIMING.retryAfterMs / FASTER,
    relistMs: TIMING.relistMs / FASTER,
    settleMs: TIMING.settleMs / FASTER,
    quietMs: TIMING.quietMs / FASTER,
    backoffMs: [least / FASTER, most / FASTER],
  };
}

async function until(holds: () => boolean, withinMs: number, what: string): Promise<number> {
  const fromMs = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - fromMs <= withinMs, `${what}: not within ${withinMs} ms`);
    await delay(5);
  }
  return performance.now() - fromMs;
}

const isTrue = ({ cache, server }: Followed) =>
  JSON.stringify([...cache].sort()) === JSON.stringify([...truth(server)].sort());

async function undergo(t: TestContext, { begin, end, isSilent = false }: Outage): Promise<void> {
  const server = { secondMs: 1000 / FASTER, bookmarkIntervalSeconds: 60 };
  const followed = await follow(t, { timing: compressed(), server });
  const { server: api, synced, restarts } = followed;
  const slice = api.store.create(endpointSlice({ name: 'cart-1', addresses: ['10.0.0.1'] }));
  await synced();
  await until(() => isTrue(followed), CONVERGED_MS, 'the first list');

  await begin(api);
  api.store.update(slice, (draft) => Object.assign(draft, { endpoints: [{ addresses: ['10.0.0.2'] }] }));
  const found = await until(() => restarts.length > 0, isSilent ? FOUND_MS : CONVERGED_MS, 'found out');
  assert.equal(restarts[0] === 'idle', isSilent);
  await delay(OUTAGE_MS);
  api.store.create(endpointSlice({ name: 'web-1', addresses: ['10.0.0.3'] }));

  const attempts = api.counters.requests.length;
  await end(api);
  const attempt = await until(() => api.counters.requests.length > attempts, ATTEMPT_MS + SLACK_MS, 'next attempt');
  const converged = await until(() => isTrue(followed), CONVERGED_MS, 'the truth');
  const text = (ms: number) => `${((ms * FASTER) / 1000).toFixed(1)} s`;
  t.diagnostic(
    `found after ${text(found)}, next attempt ${text(attempt)} after healing, ` +
      `the truth ${(converged / 1000).toFixed(2)} s after it${FASTER === 1 ? '' : `; waits ${FASTER} times shorter`}`,
  );
}

describe('healing [ci]', { concurrency: true }, () => {
  for (const outage of OUTAGES) it(outage.what, (t) => undergo(t, outage));
});
