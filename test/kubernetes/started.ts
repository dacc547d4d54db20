/** A fake API server for one test, gone with it, and how its administrator reaches it. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { FakeApiServerOptions } from './api-server.ts';
import { FakeApiServer } from './api-server.ts';
import type { Target } from './raw-client.ts';

export async function started(t: TestContext, options: FakeApiServerOptions = {}): Promise<[FakeApiServer, Target]> {
  const server = await FakeApiServer.start({ secondMs: 20, ...options });
  t.after(() => server.stop());
  return [server, { url: server.url, ca: server.certificates.ca, token: server.token }];
}

export const SLICES = '/apis/discovery.k8s.io/v1/endpointslices';
export const PODS_PATH = '/api/v1/pods';

/** Until the server, too, has noticed that a connection is gone. */
export async function eventually(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    assert.ok(performance.now() < deadline, 'not within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
