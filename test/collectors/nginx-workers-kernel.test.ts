import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from '../../src/contract/unit.ts';
import { readMaster } from '../../src/sources/nginx-workers.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { EvidenceSeen } from '../support/evidence-seen.ts';
import { HeldConnections } from '../support/held-connections.ts';
import { MemoryCgroup, memoryCgroupMissing } from '../support/memory-cgroup.ts';
import { type NginxSpec, type RunningNginx, startNginx } from '../support/nginx.ts';
import { asNobody } from '../support/nobody.ts';
import { skipWithout, skipWithoutRoot } from '../support/programs.ts';
import { settingsOf, type WorkersRig, watchWorkers } from '../support/workers-rig.ts';

const skip = skipWithout('nginx') || skipWithoutRoot();
const DEADLINE_MS = 60_000;
/** Workers that begin so long after others are another generation, or were started again. */
const LATER_MS = 1_200;
let started = 0;

/** A real nginx with WebSockets through it, and the collector that watches it. */
async function setUp(t: TestContext, { listens, ...spec }: Partial<NginxSpec> & { listens?: readonly string[] } = {}) {
  const held = new HeldConnections(t);
  const name = `workers-${process.pid}-${started++}`;
  const nginx = await startNginx({ http: held.server(listens), listen: held.front, name, ...spec });
  t.after(() => nginx.stop());
  return { held, nginx, name };
}

const workersOf = ({ pid }: RunningNginx) => readMaster(openProcfs('/proc'), pid)?.workers ?? [];

/** Polls until it is so. */
async function until(rig: WorkersRig, what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + DEADLINE_MS; Date.now() < endMs; await delay(50)) {
    await rig.poll();
    if (await isSo()) return;
  }
  assert.fail(`${what}:\n${(await rig.samples()).join('\n')}`);
}

const running = (rig: WorkersRig) => rig.value('workers', 'state="running"');
const draining = (rig: WorkersRig) => rig.value('workers', 'state="shutting_down"');

test('10 reloads with WebSockets held: how many workers shut down, since when, what they take; then all leave', {
  skip,
}, async (t) => {
  const before = Date.now() / 1000;
  // Of its own network the kernel says how many sockets listen.
  const { held, nginx, name } = await setUp(t, { namespace: [], listens: ['127.0.0.1:8080', '[::1]:8080'] });
  const evidence = new EvidenceSeen();
  const rig = watchWorkers(name, { evidence });
  await until(rig, 'one worker', async () => (await running(rig)) === 1);
  assert.equal(await draining(rig), 0);
  assert.equal(await rig.value('worker_shutting_down_oldest_start_timestamp_seconds'), undefined);
  await delay(LATER_MS);
  for (let reload = 1; reload <= 10; reload++) {
    for (let socket = 0; socket < 3; socket++) assert.ok(await held.open());
    nginx.reload(held.server(['127.0.0.1:8080', '[::1]:8080']));
    const isDone = async () => (await draining(rig)) === reload && (await running(rig)) === 1;
    await until(
      rig,
      `reload ${reload}`,
      async () => (await isDone()) && (await rig.value('worker_generations_total', 'reload')) === reload,
    );
    if (reload === 1) assert.equal(rig.conditions.get('worker_pileup'), false);
    if (reload === 1) await delay(LATER_MS);
  }
  assert.equal(rig.conditions.get('worker_pileup'), true);
  await until(rig, 'all connections', async () => (await rig.value('worker_connections_held')) === 10 * 3 * 2);
  const oldest = (await rig.value('worker_shutting_down_oldest_start_timestamp_seconds')) ?? 0;
  assert.ok(oldest >= before - 1 && oldest <= Date.now() / 1000, `${oldest}`);
  const sizes = await Promise.all(
    ['running', 'shutting_down'].flatMap((state) =>
      ['rss', 'pss'].map((kind) => rig.value('worker_memory_bytes', `state="${state}",kind="${kind}"`)),
    ),
  );
  const [rss, pss, oldRss, oldPss] = sizes.map((size) => size ?? 0);
  t.diagnostic(`running rss ${rss} pss ${pss}; 10 that shut down rss ${oldRss} pss ${oldPss}`);
  assert.ok(oldRss > 5 * rss && rss > 1e6 && pss < rss && oldPss < oldRss && oldPss > 0, sizes.join());
  held.close();
  await until(rig, 'all have left', async () => (await draining(rig)) === 0);
  assert.deepEqual([rig.conditions.get('worker_pileup'), rig.conditions.get('worker_crashed')], [false, false]);
  assert.equal(await rig.value('worker_shutting_down_oldest_start_timestamp_seconds'), undefined);
  await until(rig, 'no connections', async () => (await rig.value('worker_connections_held')) === 0);
  assert.equal(await rig.value('worker_respawns_total'), 0);
  // Its configuration is not known: nobody else tells them.
  const told = evidence.changes.filter(({ subject }) => subject?.gateway === name);
  assert.deepEqual(
    told.map(({ kind, text }) => `${kind}: ${text}`),
    Array(10).fill('reload: nginx reloaded'),
  );
});

test('an nginx that was told to quit: what its last workers hold, though their master listens no more', {
  skip,
}, async (t) => {
  const { held, nginx, name } = await setUp(t, {
    namespace: [],
    listens: ['127.0.0.1:8080', '[::1]:8080'],
    workers: 2,
  });
  const rig = watchWorkers(name);
  await until(rig, 'two workers', async () => (await running(rig)) === 2);
  assert.ok(await held.open());
  process.kill(nginx.pid, 'SIGQUIT');
  await until(rig, 'one waits', async () => (await running(rig)) === 0 && (await draining(rig)) === 1);
  await until(rig, 'both ends of one', async () => (await rig.value('worker_connections_held')) === 2);
  assert.deepEqual([rig.conditions.get('worker_pileup'), rig.conditions.get('worker_crashed')], [false, false]);
});

test('a worker killed by SIGSEGV counts once, and the gateway has crashed', { skip }, async (t) => {
  const { nginx, name } = await setUp(t, { workers: 3, level: 'alert' });
  const evidence = new EvidenceSeen();
  const rig = watchWorkers(name, { evidence });
  const told = () => evidence.changes.filter(({ subject }) => subject?.gateway === name);
  await until(rig, 'three workers', async () => (await running(rig)) === 3);
  assert.equal(rig.conditions.get('worker_crashed'), false);
  await delay(LATER_MS);
  const [victim] = workersOf(nginx);
  const killedMs = Date.now();
  process.kill(victim.pid, 'SIGSEGV');
  await until(rig, 'a respawn', async () => (await rig.value('worker_respawns_total')) === 1);
  assert.equal(rig.conditions.get('worker_crashed'), true);
  assert.deepEqual(
    told().map(({ kind, text }) => [kind, text]),
    [['crash', 'a worker of nginx crashed and was started again']],
  );
  // The start of its successor, to the tick of 10 ms.
  assert.ok(told()[0].atMs >= killedMs - 30 && told()[0].atMs <= Date.now() - 900, `${told()[0].atMs - killedMs} ms`);
  assert.ok(nginx.lines().some((line) => line.includes(`worker process ${victim.pid} exited on signal 11`)));
  for (let poll = 0; poll < 5; poll++) await rig.poll();
  assert.deepEqual([await rig.value('worker_respawns_total'), await running(rig)], [1, 3]);
  assert.equal(await rig.value('worker_generations_total', 'origin="reload"'), 0);
});

test("a gateway in the node's network: connections of old workers only where the configuration is known", {
  skip:
    skip ||
    (existsSync('/proc/sys/net/core/netdev_max_backlog') ? false : "needs the machine's first network namespace"),
}, async (t) => {
  const { held, nginx, name } = await setUp(t);
  const rig = watchWorkers(name);
  await until(rig, 'one worker', async () => (await running(rig)) === 1);
  assert.ok(await held.open());
  nginx.reload(held.server());
  await until(rig, 'a worker that shuts down', async () => (await draining(rig)) === 1);
  assert.equal(await rig.value('worker_connections_held'), undefined);
  const listens = [{ kind: 'unix', host: held.front, port: null, lastPort: null, backlog: null, place: '' }] as const;
  const subject = { namespace: '', pod: '', container: '', gateway: name };
  const told = watchWorkers(name, {
    settings: { report: () => {}, all: () => [settingsOf(nginx.pid, { listens, subject })] },
  });
  await until(told, 'both ends', async () => (await told.value('worker_connections_held')) === 2);
  assert.equal(await told.value('worker_connections_limit'), 512);
});

test('no more open files: as many as the limit', { skip }, async (t) => {
  const { held, nginx, name } = await setUp(t, { main: 'worker_rlimit_nofile 40;', level: 'alert' });
  const rig = watchWorkers(name);
  await until(rig, 'one worker', async () => (await running(rig)) === 1);
  assert.equal(await rig.value('worker_open_fds_limit'), 40);
  assert.ok(((await rig.value('worker_open_fds')) ?? 40) < 20);
  void Promise.all(Array.from({ length: 40 }, () => held.open()));
  await until(rig, 'exhausted', async () => ((await rig.value('worker_open_fds')) ?? 0) >= 39);
  await until(rig, 'said so', async () => nginx.lines().some((line) => line.includes('24: Too many open files')));
});

test("no more worker_connections: from none to nine tenths, which listening and the master's channel are missing from", {
  skip,
}, async (t) => {
  const { held, nginx, name } = await setUp(t, { events: 'worker_connections 20;', level: 'alert' });
  const subject = { namespace: '', pod: '', container: '', gateway: name };
  const settings = { report: () => {}, all: () => [settingsOf(nginx.pid, { workerConnections: 20, subject })] };
  const rig = watchWorkers(name, { settings });
  await until(rig, 'one worker', async () => (await running(rig)) === 1);
  await until(rig, 'idle', async () => (await rig.value('worker_connections_used')) === 0);
  assert.equal(await rig.value('worker_connections_limit'), 20);
  assert.ok(await held.open());
  await until(rig, 'one client and its upstream', async () => (await rig.value('worker_connections_used')) === 2);
  for (let more = 0; more < 8; more++) assert.ok(await held.open());
  void held.open();
  await until(rig, 'exhausted', async () =>
    nginx.lines().some((line) => line.includes('20 worker_connections are not enough')),
  );
  await until(rig, 'nearly all', async () => (await rig.value('worker_connections_used')) === 18);
  held.close();
  await until(rig, 'idle', async () => (await rig.value('worker_connections_used')) === 0);
});

test("a worker killed by its cgroup's OOM killer counts once, while the container lives", {
  skip: skip || memoryCgroupMissing(),
}, async (t) => {
  const held = new HeldConnections(t);
  const name = `workers-${process.pid}-${started++}`;
  const http = `server { listen unix:${held.front}; client_max_body_size 300m; client_body_buffer_size 200m;
    location = /nginx-is-up { return 200; } location / { proxy_pass http://unix:${held.front}:/nginx-is-up; } }`;
  const nginx = await startNginx({ http, listen: held.front, name, workers: 2, level: 'alert' });
  t.after(() => nginx.stop());
  const cgroup = new MemoryCgroup(t, 32 << 20);
  const rig = watchWorkers(name);
  await until(rig, 'two workers', async () => (await running(rig)) === 2);
  await delay(LATER_MS);
  await rig.poll();
  for (const { pid } of workersOf(nginx)) cgroup.add(pid);
  const client = connect(held.front).on('error', () => {});
  client.write('POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 150000000\r\n\r\n');
  client.write(Buffer.alloc(150_000_000));
  await until(rig, 'a respawn', async () => (await rig.value('worker_respawns_total')) === 1);
  client.destroy();
  assert.equal(cgroup.kills(), 1);
  assert.ok(nginx.lines().some((line) => /worker process \d+ exited on signal 9/.test(line)));
  assert.deepEqual([rig.conditions.get('worker_crashed'), await running(rig)], [true, 2]);
});

test('uid 65534 without capabilities sees all but PSS, and says so', {
  skip: skip || skipWithout('setpriv'),
}, async (t) => {
  const { held, nginx, name } = await setUp(t, { namespace: [] });
  assert.ok(await held.open());
  nginx.reload(held.server());
  const rig = watchWorkers(name);
  await until(rig, 'a worker that shuts down', async () => (await rig.value('worker_connections_held')) === 2);
  const program = new URL('../support/run-nginx-workers.ts', import.meta.url).pathname;
  const [command, ...args] = [...asNobody(), process.execPath, program, name];
  const output = execFileSync(command, args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  const { outcome, notes, samples } = JSON.parse(output) as { outcome: Outcome; notes: string[]; samples: string[] };
  assert.equal(outcome.state, 'ok');
  assert.ok(
    notes.some((note) => note.startsWith('not permitted to read PSS (smaps_rollup) of workers')),
    notes.join(),
  );
  const shapes = (lines: readonly string[]) =>
    lines.map((line) => line.replace(/(namespace|pod|container|gateway)="[^"]*",?|\S+$/g, '').trim()).sort();
  const mine = shapes(await rig.samples());
  assert.equal(mine.filter((line) => line.includes('pss')).length, 2);
  assert.deepEqual(
    shapes(samples),
    mine.filter((line) => !line.includes('pss')),
  );
});
