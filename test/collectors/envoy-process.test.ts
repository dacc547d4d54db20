import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { EnvoyProcess } from '../../src/collectors/envoy-process.ts';
import { parseServerInfo, type ServerInfo } from '../../src/parse/envoy-server-info.ts';
import { type Base, get } from '../../src/sources/http-get.ts';
import { testContext } from '../support/context.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { freePorts, type RunningEnvoy, startEnvoy } from '../support/envoy-rig.ts';

const skip = skipWithoutEnvoy();

async function infoOf(base: Base): Promise<ServerInfo> {
  const chunks: Buffer[] = [];
  const limits = { timeoutMs: 20_000, maxBytes: 1e7, signal: new AbortController().signal };
  await get({ base, path: '/server_info', ...limits }, (chunk) => chunks.push(Buffer.from(chunk)));
  return parseServerInfo(Buffer.concat(chunks).toString());
}

describe('EnvoyProcess with real Envoys [ci]', { skip }, () => {
  const bases: { host: string; port: number }[] = [];
  const running: RunningEnvoy[] = [];

  before(async () => {
    const ports = await freePorts(4);
    // At the same time: two that begin seconds apart are told apart by that.
    const start = (admin: number, listenPort: number) =>
      startEnvoy({ clusters: [], routes: [], listenPort, admin: { port: admin } });
    bases.push({ host: '127.0.0.1', port: ports[0] }, { host: '127.0.0.1', port: ports[2] });
    running.push(...(await Promise.all([start(ports[0], ports[1]), start(ports[2], ports[3])])));
  });
  after(async () => {
    for (const envoy of running) await envoy.stop();
  });

  const find = (base: Base, server: ServerInfo) => new EnvoyProcess(base, testContext({} as never)).find(server);

  it('finds the one that began when it says and with that configuration, of two that run', async () => {
    for (const [at, base] of bases.entries()) {
      const found = await find(base, await infoOf(base));
      assert.equal(found?.pid, running[at].pid);
      assert.ok(Number(found?.startTicks) > 0);
    }
  });

  it('is nobody when another time or configuration is said, or it is elsewhere', async () => {
    const [base] = bases;
    const server = await infoOf(base);
    assert.equal(await find(base, { ...server, uptimeSeconds: server.uptimeSeconds + 600 }), undefined);
    assert.equal(await find(base, { ...server, configPath: '/etc/envoy/other.yaml' }), undefined);
    assert.equal(await find({ host: '10.0.0.1', port: 9901 }, server), undefined);
    assert.equal((await find({ socketPath: '/run/admin.sock' }, server))?.pid, running[0].pid);
  });

  it('does not choose between two', async () => {
    const server = await infoOf(bases[1]);
    const both = { ...server, configPath: '/envoy.yaml' };
    assert.equal(await find(bases[1], both), undefined);
  });

  it('does not take another one that has got the pid', async () => {
    const [base] = bases;
    const server = await infoOf(base);
    const process = new EnvoyProcess(base, testContext({} as never));
    assert.ok(await process.find(server));
    await running[0].stop();
    assert.equal(await process.find(server), undefined);
  });
});
