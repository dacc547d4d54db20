import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ListenersWatch, SaidOf } from '../support/listeners-watch.ts';
import { Netns } from '../support/netns.ts';
import type { ListenersSaid } from '../support/run-listeners.ts';
import { SERVER, skip } from './kernel-listeners.ts';

/** Calls itself `envoy`; closes its redirect ports at SIGUSR2 and says so. */
const ENVOY = `process.title = 'envoy'; let left = 3;
  const all = [15001, 15006, 15021].map((port) => require('net').createServer().listen(port, '0.0.0.0', () => --left || console.log('ready')));
  process.on('SIGUSR2', () => { let open = 2; for (const one of all.slice(0, 2)) one.close(() => --open || console.log('closed')); });`;

/** An address that no other test gives to a namespace. */
let hosts = 0;
const subnet = () => `10.${180 + (process.pid % 60)}.${(process.pid >> 6) % 250}.${hosts++ * 4}`;

/** Two joined namespaces; the address of the first. */
function joined(t: TestContext): { readonly netns: Netns; readonly ip: string } {
  const [netns, other] = [new Netns(t), new Netns(t)];
  const base = subnet();
  const [prefix, last] = [base.slice(0, base.lastIndexOf('.') + 1), Number(base.slice(base.lastIndexOf('.') + 1))];
  const [ip, peer] = [`${prefix}${last + 1}`, `${prefix}${last + 2}`];
  Netns.connect({ netns, address: `${ip}/30` }, { netns: other, address: `${peer}/30` });
  return { netns, ip };
}

test('backends: on loopback only, on the wrong port, nothing, and what listens [ci]', { skip }, async (t) => {
  const [bound, wrong, silent, wide] = [joined(t), joined(t), joined(t), joined(t)];
  const [on, elsewhere, idle, dual] = await Promise.all([
    bound.netns.start(process.execPath, '-e', SERVER, '127.0.0.1 8080', `${bound.ip} 9000`, '127.0.0.1 9000'),
    wrong.netns.start(process.execPath, '-e', SERVER, '0.0.0.0 1800', '0.0.0.0 15021', '127.0.0.1 99'),
    silent.netns.start(process.execPath, '-e', SERVER),
    wide.netns.start(process.execPath, '-e', SERVER, ':: 8080', '0.0.0.0 81'),
  ]);
  const all = [bound, wrong, silent, wide];
  const at = all.flatMap(({ ip }) => [8080, 9000].map((port) => ({ ip, port })));
  const watch = new ListenersWatch(t, { upstreams: all.map(({ ip }) => ip), at });
  const said = await watch.poll();
  assert.equal(said.user, 65534);
  assert.equal(said.outcome.state, 'ok');

  assert.deepEqual(new SaidOf(said, on.pid).values('badgateway_listening'), ['8080 loopback 1', '9000 address 1']);
  assert.deepEqual(new SaidOf(said, elsewhere.pid).values('badgateway_listening'), [
    '15021 all 1',
    '1800 all 1',
    '99 loopback 1',
  ]);
  assert.deepEqual(new SaidOf(said, idle.pid).values('badgateway_listening'), []);
  assert.deepEqual(new SaidOf(said, dual.pid).values('badgateway_listening'), ['8080 all 1', '81 all 1']);
  assert.deepEqual(new SaidOf(said, elsewhere.pid).values('badgateway_listen_queue_length'), [
    '15021 0',
    '1800 0',
    '99 0',
  ]);
  assert.deepEqual(new SaidOf(said, elsewhere.pid).values('badgateway_listen_queue_limit'), []);
  assert.deepEqual(
    said.answers.map(({ state, others }) => [state, ...others].join(' ')),
    [
      'bound_to_loopback',
      'listening',
      'port_mismatch 1800',
      'port_mismatch 1800',
      'not_listening',
      'not_listening',
      // Whether a socket at :: takes IPv4 is not shown.
      'unknown',
      'port_mismatch 81 8080',
    ],
  );
});

test('a sidecar whose redirect ports are gone is down, and a mesh pod whose Envoy never came [ci]', {
  skip,
}, async (t) => {
  const [pod, empty] = [new Netns(t), new Netns(t)];
  const app = await pod.start(process.execPath, '-e', SERVER, '0.0.0.0 8080');
  const envoy = await pod.start(process.execPath, '-e', ENVOY);
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-agent-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  symlinkSync('/bin/sh', join(directory, 'pilot-agent'));
  writeFileSync(join(directory, 'proxy'), 'echo ready; read line');
  const agent = await empty.start('sh', '-c', `cd ${directory}; exec ./pilot-agent proxy sidecar`);

  const watch = new ListenersWatch(t, {});
  const sidecar = (said: ListenersSaid, pid: number) => {
    const { isActive, evidence } = new SaidOf(said, pid).condition('sidecar_down') ?? {};
    return [isActive, evidence];
  };
  const healthy = await watch.poll();
  assert.deepEqual(sidecar(healthy, app.pid), [false, 'port 15001, 15006 listens']);
  assert.deepEqual(sidecar(healthy, agent.pid), [true, 'it has an agent for a sidecar and no Envoy']);

  const closed = once(envoy.stdout!, 'data');
  envoy.kill('SIGUSR2');
  await closed;
  const down = [true, 'nothing listens on port 15001, 15006 any more'];
  assert.deepEqual(sidecar(await watch.poll(), app.pid), down);
  // Also when nothing of it is left but the application.
  const ended = once(envoy, 'exit');
  envoy.kill('SIGKILL');
  await ended;
  assert.deepEqual(sidecar(await watch.poll(), app.pid), down);
});
