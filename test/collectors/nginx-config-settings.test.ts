import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { runtimeSettings, settingsInUse } from '../../src/collectors/nginx-config-settings.ts';
import type { GatewaySettings } from '../../src/contract/gateway-settings.ts';
import { GatewaySettingsMemory } from '../../src/facts/gateway-settings.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import { readProcessStat } from '../../src/sources/process-stat.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { freePort } from '../support/freeport.ts';
import { startNginx } from '../support/nginx.ts';
import { ConfigWatch } from '../support/nginx-config-watch.ts';
import { skipWithout } from '../support/programs.ts';

const read = (text: string) => readNginxConf({ path: '/n.conf', text });
const SUBJECT = { namespace: '', pod: '', container: '', gateway: 'edge' };

test('listens with their backlog and place, without UDP and QUIC; connections of a worker', () => {
  const text = `events { worker_connections 64; } http {
    server { listen 80 backlog=8; listen [::]:80-82; listen unix:/run/s.sock; listen 443 quic reuseport; listen 443 ssl; } }
    stream { server { listen 53 udp; listen 127.0.0.1:53; } }`;
  const { listens, workerConnections, silentServer } = runtimeSettings(read(text), 'main');
  assert.deepEqual(
    listens.map(({ kind, host, port, lastPort, backlog, place }) =>
      [kind, host, port, lastPort, backlog, place].join(' '),
    ),
    [
      'tcp 0.0.0.0 80  8 /n.conf:2',
      'tcp :: 80 82  /n.conf:2',
      'unix /run/s.sock    /n.conf:2',
      'tcp 0.0.0.0 443   /n.conf:2',
      'tcp 127.0.0.1 53   /n.conf:3',
    ],
  );
  assert.deepEqual([workerConnections, silentServer], [64, null]);
});

test('of a part of a configuration without a TCP port nothing is said of ports', () => {
  const unix = 'server { listen unix:/run/503.sock; }';
  assert.equal(runtimeSettings(read(`http { ${unix} }`), 'main').listens.length, 1);
  assert.deepEqual(runtimeSettings(read(unix), 'http').listens, []);
  assert.equal(runtimeSettings(read(`${unix} server { listen 80; }`), 'http').listens.length, 2);
});

test('a server of http that does not say where it listens does so on 80 of root, and on 8000 of others', (t) => {
  const fake = new FakeProc(t)
    .write('7/status', 'Name:\tnginx\nUid:\t0\t0\t0\t0\n')
    .write('8/status', 'Name:\tnginx\nUid:\t101\t101\t101\t101\n');
  const settings = runtimeSettings(read('http {\nserver { listen unix:/s; }\nserver { server_name a; } }'), 'main');
  const portsOf = (pid: number | null) => {
    const master = pid === null ? null : { pid, startTicks: 1 };
    const { listens } = settingsInUse(settings, SUBJECT, { proc: openProcfs(fake.root), master });
    return listens.filter(({ kind }) => kind === 'tcp').map(({ port, place }) => `${port} ${place}`);
  };
  assert.deepEqual(portsOf(7), ['80 /n.conf:3']);
  assert.deepEqual(portsOf(8), ['8000 /n.conf:3']);
  assert.deepEqual([portsOf(9), portsOf(null)], [[], []]);
});

test('nginx_config reports what runs, not what is on disk, and nothing of an nginx that has ended', {
  skip: skipWithout('nginx'),
}, async (t: TestContext) => {
  const [port, other] = [await freePort(), await freePort()];
  const http = (...ports: number[]) =>
    `server { ${ports.map((one) => `listen 127.0.0.1:${one} backlog=9;`).join('')} }`;
  const nginx = await startNginx({ http: http(port), listen: port, files: { 'a.txt': '' } });
  t.after(() => nginx.stop());
  const memory = new GatewaySettingsMemory();
  const watch = new ConfigWatch({ files: [join(nginx.directory, 'nginx.conf')] }, {}, { settings: memory });
  t.after(() => watch.collector.stop?.());
  const all = (): readonly GatewaySettings[] => memory.all();
  const ports = () => all().flatMap(({ listens }) => listens.map((listen) => `${listen.port} ${listen.backlog}`));
  await watch.until(() => ports().length > 0 && watch.isLoaded === true, 'reported');
  const startTicks = readProcessStat(openProcfs('/proc'), nginx.pid)!.startTicks;
  assert.deepEqual([all()[0].master, all()[0].workerConnections], [{ pid: nginx.pid, startTicks }, 256]);
  assert.deepEqual(ports(), [`${port} 9`]);

  nginx.write(http(port, other));
  await watch.until(() => watch.isLoaded === false, 'seen on disk');
  assert.deepEqual(ports(), [`${port} 9`]);
  // A tie of file and worker cannot be told from a worker that came first (START_ERROR_MS).
  await delay(60);
  process.kill(nginx.pid, 'SIGHUP');
  await watch.until(() => ports().length === 2, 'loaded');
  assert.deepEqual(ports(), [`${port} 9`, `${other} 9`]);

  await nginx.stop();
  await watch.until(() => all().length === 0, 'ended');
});
