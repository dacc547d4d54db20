import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FakeApiServer } from './api-server.ts';
import { CONTRACT } from './contract-cases.ts';
import { Ground } from './contract-ground.ts';
import { targetOf } from './contract-target.ts';
import { ask } from './raw-client.ts';

const { KUBECONFIG: kubeconfig, CONTRACT_NAMESPACE: namespace } = process.env;
/** A KUBECONFIG stands in many shells and may be of a cluster in use: writing needs a namespace named for it. */
const off =
  kubeconfig === undefined || namespace === undefined
    ? 'needs KUBECONFIG and CONTRACT_NAMESPACE (an empty namespace to write to)'
    : false;

describe('the contract at a real API server', () => {
  for (const { probe, run } of CONTRACT) {
    it(probe, { skip: off }, async () => {
      const ground = new Ground(targetOf(kubeconfig!), namespace!);
      try {
        await run(ground);
      } finally {
        await ground.clean();
      }
    });
  }
});

describe('the way to a real API server', () => {
  for (const user of ['token', 'certificate'] as const) {
    it(`is found in a kubeconfig with a ${user}`, async (t) => {
      const server = await FakeApiServer.start();
      t.after(() => server.stop());
      const directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
      t.after(() => rmSync(directory, { recursive: true }));
      const path = join(directory, 'config');
      writeFileSync(path, server.kubeconfig(user));
      if (user === 'certificate') server.access.revokeAll();
      const { status } = await ask(targetOf(path), '/api/v1/pods');
      assert.equal(status, 200);
    });
  }

  it('is refused with a sentence when the user logs in by a program', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'config');
    const cluster = { server: 'https://x', 'certificate-authority-data': '' };
    const context = { cluster: 'c', user: 'u' };
    writeFileSync(
      path,
      JSON.stringify({
        'current-context': 'x',
        contexts: [{ name: 'x', context }],
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user: { exec: { command: 'login' } } }],
      }),
    );
    assert.throws(() => targetOf(path), /neither a token nor a client certificate/);
  });
});
