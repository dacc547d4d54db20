import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ListenInUse } from '../../src/contract/gateway-settings.ts';
import { readMaster } from '../../src/sources/nginx-workers.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { HeldConnections } from '../support/held-connections.ts';
import { ListenersWatch, SaidOf } from '../support/listeners-watch.ts';
import { Netns, netnsMissing } from '../support/netns.ts';
import { startNginx } from '../support/nginx.ts';
import { skipWithout } from '../support/programs.ts';
import { settingsOf } from '../support/workers-rig.ts';

const skip = netnsMissing() || skipWithout('nginx');
const proc = openProcfs('/proc');
const HTTP: ListenInUse = { kind: 'tcp', host: '0.0.0.0', port: 80, lastPort: null, backlog: null, place: 'a.conf:1' };

test('an nginx that was told to quit waits for its connections and is not to listen any more [ci]', {
  skip,
}, async (t) => {
  const held = new HeldConnections(t);
  const name = `quit-${process.pid}`;
  const nginx = await startNginx({ http: held.server(['80']), listen: held.front, name, namespace: [] });
  t.after(() => nginx.stop());
  const subject = { namespace: '', pod: '', container: '', gateway: name };
  const settings = [settingsOf(nginx.pid, { subject, listens: [HTTP] })];
  const [told, blind] = [new ListenersWatch(t, { settings }), new ListenersWatch(t, {})];
  const before = new SaidOf(await told.poll(), nginx.pid);
  assert.equal(before.condition('gateway_not_listening', name)?.isActive, false);

  assert.ok(await held.open());
  process.kill(nginx.pid, 'SIGQUIT');
  const isEnding = () => readMaster(proc, nginx.pid)?.workers.every(({ isDraining }) => isDraining);
  for (const endMs = Date.now() + 20_000; !isEnding() && Date.now() < endMs; ) await delay(20);
  const said = [new SaidOf(await told.poll(), nginx.pid), new SaidOf(await blind.poll(), nginx.pid)];
  assert.equal(readMaster(proc, nginx.pid)?.workers.length, 1, 'it waits still');
  for (const one of said) assert.deepEqual(one.values('badgateway_listening'), []);
  assert.equal(said[0].condition('gateway_not_listening', name)?.isActive, null);
  assert.equal(said[1].condition('gateway_not_listening'), undefined);
});

/** Calls itself `nginx` and serves UDP. */
const UDP = `process.title = 'nginx'; require('dgram').createSocket('udp4').bind(53, '0.0.0.0', () => console.log('ready'))`;

test('where nginx serves UDP and its configuration is not known, no TCP port is expected [ci]', { skip }, async (t) => {
  const server = await new Netns(t).start(process.execPath, '-e', UDP);
  const said = new SaidOf(await new ListenersWatch(t, {}).poll(), server.pid);
  assert.deepEqual(said.values('badgateway_listening'), []);
  assert.equal(said.condition('gateway_not_listening'), undefined);
});
