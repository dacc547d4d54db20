import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { nginxConfig } from '../../src/collectors/nginx-config.ts';
import { readMaster } from '../../src/sources/nginx-workers.ts';
import { START_ERROR_MS } from '../../src/sources/process-clock.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { freePort } from '../support/freeport.ts';
import { startNginx } from '../support/nginx.ts';
import { ConfigWatch } from '../support/nginx-config-watch.ts';
import { skipWithout } from '../support/programs.ts';

const RELOADS = 'badgateway_gateway_config_reloads_total';
const proc = openProcfs('/proc');

/** A real nginx whose configuration is `http.conf` beside its main file, and the collector that watches it. */
class Rig {
  readonly pid: number;
  readonly main: string;
  readonly watch: ConfigWatch;
  readonly #directory: string;

  private constructor(pid: number, directory: string) {
    this.pid = pid;
    this.#directory = directory;
    this.main = join(directory, 'nginx.conf');
    this.watch = new ConfigWatch({ files: [this.main] });
  }

  static async start(t: TestContext, workers: number): Promise<Rig> {
    const port = await freePort();
    const nginx = await startNginx({
      http: `server { listen 127.0.0.1:${port}; }\ninclude conf.d/*.conf;`,
      ...{ listen: port, workers },
      files: { 'conf.d/a.conf': 'upstream a { server 10.0.0.1:80; server 10.0.0.2:80; }' },
    });
    const rig = new Rig(nginx.pid, nginx.directory);
    t.after(async () => {
      await rig.watch.collector.stop?.();
      await nginx.stop();
    });
    return rig;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.#directory, 'conf.d', name), text);
  }

  /** Sends SIGHUP and waits until only workers take connections that were not there before. */
  async reload(): Promise<void> {
    // A tie of file and worker cannot be told from a worker that came first (START_ERROR_MS).
    await delay(60);
    const before = new Set(this.workers());
    process.kill(this.pid, 'SIGHUP');
    await waitFor(() => this.workers().length > 0 && this.workers().every((pid) => !before.has(pid)));
  }

  /** Workers that take connections. */
  workers(): number[] {
    return (readMaster(proc, this.pid)?.workers ?? []).filter(({ isDraining }) => !isDraining).map(({ pid }) => pid);
  }

  async crash(worker: number): Promise<void> {
    const { length } = this.workers();
    process.kill(worker, 'SIGKILL');
    await waitFor(() => this.workers().length === length && !this.workers().includes(worker));
  }
}

async function waitFor(isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!isSo()) {
    assert.ok(Date.now() < deadlineMs, 'nginx did not do it in half a minute');
    await delay(10);
  }
}

const A = ['a=10.0.0.1:80', 'a=10.0.0.2:80'];

describe('nginx_config with a real nginx', { skip: skipWithout('nginx') }, () => {
  it('takes what is loaded, and not what is only written, until a reload', async (t) => {
    const { watch, ...rig } = bind(await Rig.start(t, 2));
    await watch.poll();
    assert.equal(watch.isLoaded, true);
    assert.equal(watch.active('config_invalid'), false);
    assert.deepEqual(watch.servers(), A);
    const [view] = watch.views.values();
    const { kind, host, port, place, isDraining } = view.upstreams[0].servers[1];
    assert.deepEqual({ kind, host, port, isDraining }, { kind: 'ip', host: '10.0.0.2', port: 80, isDraining: false });
    assert.equal(place, `${rig.main.replace('nginx.conf', 'conf.d/a.conf')}:1`);
    assert.deepEqual(watch.values(RELOADS), { changed: 0, endpoints_only: 0, reordered: 0 });

    rig.write('a.conf', 'upstream a { server 10.0.0.2:80; server 10.0.0.3:80 down; }');
    await watch.poll();
    assert.equal(watch.isLoaded, false);
    assert.equal(watch.active('config_not_loaded'), false, 'a reload may be on its way');
    assert.equal(watch.active('config_invalid'), null);
    assert.deepEqual(watch.servers(), A);

    await rig.reload();
    await watch.until(() => watch.isLoaded === true, 'loaded');
    assert.deepEqual(watch.servers(), ['a=10.0.0.2:80', 'a=10.0.0.3:80']);
    assert.equal([...watch.views.values()][0].upstreams[0].servers[1].isDraining, true);
    assert.deepEqual(watch.values(RELOADS), { changed: 0, endpoints_only: 1, reordered: 0 });
  });

  it('keeps the old addresses while the configuration on disk is broken', async (t) => {
    const { watch, ...rig } = bind(await Rig.start(t, 2));
    await watch.poll();
    rig.write('b.conf', 'upstream b { server 10.0.0.9:80;');
    process.kill(rig.pid, 'SIGHUP');
    await watch.poll();
    assert.equal(watch.active('config_invalid'), true);
    assert.match(watch.evidence('config_invalid') ?? '', /unexpected end of file.*b\.conf:1$/);
    assert.equal(watch.isLoaded, false);
    assert.deepEqual(watch.servers(), A);
    rig.write('b.conf', 'upstream b { server 10.0.0.9:80; }');
    await rig.reload();
    await watch.until(() => watch.isLoaded === true, 'loaded');
    assert.equal(watch.active('config_invalid'), false);
    assert.deepEqual(watch.servers(), [...A, 'b=10.0.0.9:80']);
    assert.deepEqual(watch.values(RELOADS), { changed: 1, endpoints_only: 0, reordered: 0 });
  });

  it('a worker that crashed and came back runs what it ran', async (t) => {
    const { watch, ...rig } = bind(await Rig.start(t, 2));
    await watch.poll();
    rig.write('a.conf', 'upstream a { server 10.0.0.7:80; }');
    await delay(60);
    for (const worker of rig.workers()) {
      await rig.crash(worker);
      await watch.poll();
      // So that it is seen to stay beside the older one.
      await delay(1100);
      await watch.poll();
      assert.equal(watch.isLoaded, false);
      assert.deepEqual(watch.servers(), A);
    }
    assert.deepEqual(watch.values(RELOADS), { changed: 0, endpoints_only: 0, reordered: 0 });
  });

  it('cannot tell the crash of a lone worker from a reload', async (t) => {
    const { watch, ...rig } = bind(await Rig.start(t, 1));
    await watch.poll();
    await rig.crash(rig.workers()[0]);
    await watch.poll();
    // The disk is what the worker before it ran, so it runs that in either case.
    assert.equal(watch.isLoaded, true);
    assert.deepEqual(watch.values(RELOADS), { changed: 0, endpoints_only: 0, reordered: 0 });
    // Twice START_ERROR_MS: a tie of file and worker would be unknown, too.
    await delay(60);
    rig.write('a.conf', 'upstream a { server 10.0.0.7:80; }');
    await watch.poll();
    assert.equal(watch.isLoaded, false);
    await delay(60);
    await rig.crash(rig.workers()[0]);
    await watch.poll();
    assert.equal(watch.isLoaded, null);
    assert.deepEqual(watch.servers(), ['a=10.0.0.7:80']);
  });

  it('says nothing of the files of an nginx that has stopped', async (t) => {
    const { watch, pid, write } = await Rig.start(t, 2).then((rig) => ({
      ...{ watch: rig.watch, pid: rig.pid },
      write: (text: string) => rig.write('a.conf', text),
    }));
    await watch.until(() => watch.isLoaded === true, 'loaded');
    process.kill(pid, 'SIGQUIT');
    write('upstream a { server 10.0.0.9:80; }');
    await watch.until(
      () => watch.views.size === 0 && /has stopped/.test(watch.collector.targets?.()[0].detail ?? ''),
      'stopped',
    );
    assert.equal(watch.isLoaded, null);
  });

  it('counts reloads by what they changed', async (t) => {
    const { watch, ...rig } = bind(await Rig.start(t, 2));
    const beganMs = Date.now() - START_ERROR_MS;
    await watch.poll();
    const reload = async (text: string) => {
      rig.write('a.conf', text);
      await rig.reload();
      await watch.until(() => watch.isLoaded === true, 'loaded');
      return watch.values(RELOADS);
    };
    assert.deepEqual(
      await reload('# said otherwise\nupstream a {\n  server 10.0.0.2;\n  server 10.0.0.1:80 weight=1;\n}'),
      {
        ...{ changed: 0, endpoints_only: 0, reordered: 1 },
      },
    );
    assert.deepEqual(await reload('upstream a { server 10.0.0.2; }'), { changed: 0, endpoints_only: 1, reordered: 1 });
    assert.deepEqual(await reload('upstream a { server 10.0.0.2; } map $host $x { default 1; }'), {
      ...{ changed: 1, endpoints_only: 1, reordered: 1 },
    });
    for (let noop = 0; noop < 2; noop++) {
      assert.equal(watch.active('noop_reloads'), false);
      await rig.reload();
      await watch.poll();
    }
    assert.deepEqual(watch.values(RELOADS), { changed: 1, endpoints_only: 1, reordered: 3 });
    const noop = 'nginx reloaded: nothing but the order changed, if anything';
    assert.deepEqual(
      watch.changed.changes.map(({ text }) => text),
      [noop, 'nginx reloaded: endpoints only', 'nginx reloaded: configuration changed', noop, noop],
    );
    for (const { kind, subject, atMs } of watch.changed.changes) {
      assert.deepEqual([kind, subject?.gateway, Number.isInteger(atMs)], ['reload', 'nginx', true]);
      assert.ok(atMs >= beganMs && atMs <= Date.now());
    }
    assert.equal(watch.active('noop_reloads'), true);
    // A rollout does as many.
    assert.equal(watch.active('reload_storm'), false);
  });

  it('measures how long it takes from the last write to workers that have loaded it', async (t) => {
    const { watch, ...rig } = bind(await Rig.start(t, 2));
    await watch.poll();
    assert.deepEqual(watch.loads(), { count: 0, sum: 0 });
    await rig.reload();
    await watch.poll();
    assert.equal(watch.loads()?.count, 0, 'nothing was written for it');
    const writtenMs = performance.now();
    rig.write('a.conf', 'upstream a { server 10.0.0.2:80; }');
    const waitMs = 400;
    await delay(waitMs);
    await rig.reload();
    const mostMs = performance.now() - writtenMs + START_ERROR_MS;
    await watch.until(() => watch.isLoaded === true, 'loaded');
    const { count, sum } = watch.loads()!;
    t.diagnostic(`${sum} s of at most ${(mostMs / 1000).toFixed(3)} s`);
    assert.equal(count, 1);
    assert.ok(sum * 1000 >= waitMs - START_ERROR_MS && sum * 1000 <= mostMs, `${sum} s, at most ${mostMs} ms`);
  });

  it('says how many bytes its configuration has', async (t) => {
    const main = 'http { include conf.d/*.conf; include gone.conf; include conf.d/a.conf; } # ü';
    const tree = new FakeProc(t, 'host')
      .write('nginx.conf', main)
      .write('conf.d/a.conf', '#')
      .write('conf.d/b.conf', '');
    const watch = new ConfigWatch({ files: [join(tree.root, 'nginx.conf')] });
    await watch.poll();
    const bytes = () => watch.values('badgateway_gateway_config_bytes');
    assert.deepEqual(bytes(), { nginx: Buffer.byteLength(main) + 1 });
    tree.write('conf.d/b.conf', '# b');
    await watch.poll();
    assert.deepEqual(bytes(), { nginx: Buffer.byteLength(main) + 4 });
  });

  it('finds the configurations of the masters that run', async (t) => {
    const [port, name] = [await freePort(), `found-${process.pid}`];
    const http = `upstream a { server 10.0.0.1; } server { listen 127.0.0.1:${port}; }`;
    const nginx = await startNginx({ http, listen: port, name });
    const watch = new ConfigWatch({});
    t.after(() => nginx.stop());
    await watch.poll();
    const key = `nginx_config:${nginx.directory}/${name}.conf`;
    assert.equal(watch.views.get(key)?.subject.gateway, name);
    const note = `nginx master ${nginx.pid}: configuration ${nginx.directory}/${name}.conf`;
    assert.ok(watch.collector.notes?.().includes(note), watch.collector.notes?.().join('; '));
    await nginx.stop();
    await watch.until(() => !watch.views.has(key), 'removed');
  });

  it('asks the version socket when there is a single worker', async (t) => {
    const { watch, ...rig } = bind(await Rig.start(t, 1));
    const socket = rig.main.replace('nginx.conf', 'nginx-config-version.sock');
    const version = (number: number) =>
      rig.write('v.conf', `server { listen unix:${socket}; location /version { return 200 ${number}; } }`);
    version(1);
    await rig.reload();
    await watch.until(() => watch.isLoaded === true, 'loaded');
    assert.deepEqual(watch.servers(), A);
    version(2);
    rig.write('a.conf', 'upstream a { server 10.0.0.7:80; }');
    await delay(60);
    await rig.crash(rig.workers()[0]);
    await watch.poll();
    assert.equal(watch.isLoaded, false);
    assert.deepEqual(watch.servers(), A);
  });

  it('knows nothing of what runs when it came after the write', async (t) => {
    const { watch, ...rig } = bind(await Rig.start(t, 2));
    await delay(60);
    rig.write('a.conf', 'upstream a { server 10.0.0.7:80; }');
    await watch.poll();
    assert.equal(watch.isLoaded, false);
    assert.equal(watch.views.size, 0);
    // The same bytes with another time are not another configuration.
    await rig.reload();
    await watch.until(() => watch.isLoaded === true, 'loaded');
    rig.write('a.conf', 'upstream a { server 10.0.0.7:80; }');
    await watch.poll();
    assert.equal(watch.isLoaded, true);
  });
});

/** A fake container with process 11 as its nginx; workers began `secondsAgo`. */
function container(t: TestContext, secondsAgo: number): FakeProc {
  const proc = new FakeProc(t).write('self/mountinfo', '5 4 0:99 / / rw\n').write('1/mountinfo', '9 1 8:1 / / rw\n');
  proc.write('11/comm', 'nginx\n').write('11/cmdline', 'nginx: master process nginx -c /etc/gw.conf\0');
  proc.write('11/mountinfo', '88 1 0:123 / / rw\n').write('11/root/etc/gw.conf', CONF('10.0.0.1'));
  proc.write('uptime', '100000.00 1.00\n').write('11/stat', `11 (nginx) S 1 ${'0 '.repeat(17)}1000 1 1\n`);
  fork(proc, [12, 13], secondsAgo);
  return proc;
}

/** These are its workers now. */
function fork(proc: FakeProc, workers: readonly number[], secondsAgo: number): void {
  proc.write('11/task/11/children', `${workers.join(' ')} `);
  for (const pid of workers) {
    proc.write(`${pid}/stat`, `${pid} (nginx) S 11 ${'0 '.repeat(17)}${10_000_000 - secondsAgo * 100} 1 1\n`);
    proc.write(`${pid}/cmdline`, 'nginx: worker process\0');
  }
}

const CONF = (server: string) => `http { upstream a { server ${server}; } }`;

describe('nginx_config', () => {
  it('reads a container through its process and says nothing more when it is gone', async (t) => {
    // Workers of the future are younger than any file.
    const proc = container(t, -100);
    const watch = new ConfigWatch({}, { proc: proc.root });
    assert.match(await watch.poll(), /^1 configurations; the configuration on disk runs; 1 upstreams in use$/);
    const [[key, view]] = watch.views;
    assert.equal(key, `nginx_config:${proc.root}/11/root/etc/gw.conf`);
    assert.deepEqual([view.proxy, view.source, view.subject.gateway], ['nginx', 'nginx_config', 'gw']);
    assert.deepEqual(view.upstreams[0].servers[0].place, '/etc/gw.conf:1');
    assert.equal(watch.values('badgateway_gateway_config_files').gw, 1);
    assert.equal(watch.values('badgateway_gateway_config_problems').limit, 0);
    assert.ok(watch.values('badgateway_upstreams_hash').gw > 0);
    assert.ok(watch.values('badgateway_upstreams_last_change_timestamp_seconds').gw > 1e9);
    for (const pid of [11, 12, 13]) proc.remove(String(pid));
    assert.match(await watch.poll(), /^no configuration to read: no running nginx master is visible$/);
    assert.equal(watch.views.size, 0);
    assert.equal(watch.isLoaded, null);
    assert.deepEqual(watch.values('badgateway_upstreams_hash'), {});
    // What was counted stays.
    assert.deepEqual(watch.values(RELOADS), { changed: 0, endpoints_only: 0, reordered: 0 });
  });

  it('says nothing more under a name that it has no more', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const proc = container(t, -100);
    let gateway = 'edge';
    const names = { ofMasters: () => new Map([[11, { gateway, why: `gateway ${gateway}` }]]) };
    const watch = new ConfigWatch({}, { proc: proc.root }, { names });
    await watch.poll();
    assert.deepEqual(watch.collector.notes?.()[0], 'nginx master 11: gateway edge');
    gateway = 'shop';
    t.mock.timers.tick(30_000);
    await watch.poll();
    assert.deepEqual(Object.keys(watch.values('badgateway_gateway_config_files')), ['shop']);
    assert.deepEqual(
      [...watch.views.values()].map(({ subject }) => subject.gateway),
      ['shop'],
    );
  });

  it('takes nothing for truth that is younger than the workers', async (t) => {
    const watch = new ConfigWatch({}, { proc: container(t, 100).root });
    assert.match(await watch.poll(), /not loaded; what runs is not known$/);
    assert.equal(watch.views.size, 0);
    assert.equal(watch.isLoaded, false);
    assert.deepEqual(watch.values('badgateway_upstreams_hash'), {});
  });

  it('a second write before the workers of the first are looked at: what runs is not known, and nobody is gone', async (t) => {
    const proc = container(t, -100);
    const watch = new ConfigWatch({}, { proc: proc.root });
    await watch.poll();
    assert.deepEqual(watch.servers(), ['a=10.0.0.1:80']);
    fork(proc, [14, 15], 100);
    proc.write('11/root/etc/gw.conf', CONF('10.0.0.3'));
    assert.match(await watch.poll(), /not loaded; what runs is not known$/);
    assert.deepEqual([watch.servers(), watch.suspended.size], [[], 1]);
    fork(proc, [16, 17], -200);
    await watch.poll();
    assert.deepEqual(watch.servers(), ['a=10.0.0.3:80']);
    await watch.collector.stop?.();
    assert.deepEqual([watch.views.size, watch.suspended.size], [0, 0]);
  });

  it('a file that is written while it waits for the processor is not one of the future', async (t) => {
    const proc = container(t, 0);
    const path = join(proc.root, '11/root/etc/gw.conf');
    utimesSync(path, 4e9, 4e9);
    const watch = new ConfigWatch({}, { proc: proc.root });
    await watch.poll();
    assert.deepEqual([watch.isLoaded, watch.servers()], [null, ['a=10.0.0.1:80']], 'used, and not proven');
    const { now } = watch.clock;
    let looks = 0;
    watch.clock.now = () => {
      const nowMs = now();
      looks++;
      // The collector's own look is the first of a poll, the target's the second.
      if (looks === 2) {
        while (now() < nowMs + 2 * START_ERROR_MS + 20);
        proc.write('11/root/etc/gw.conf', CONF('10.0.0.2'));
      }
      return nowMs;
    };
    await watch.poll();
    assert.deepEqual([watch.isLoaded, watch.servers()], [false, ['a=10.0.0.1:80']]);
  });

  it('another process with the pid is another nginx', async (t) => {
    const proc = container(t, -100);
    const watch = new ConfigWatch({}, { proc: proc.root });
    await watch.poll();
    proc.write('11/root/etc/gw.conf', CONF('10.0.0.2'));
    proc.write('11/stat', `11 (nginx) S 1 ${'0 '.repeat(17)}2000 1 1\n`);
    await watch.poll();
    assert.deepEqual(watch.servers(), ['a=10.0.0.2:80']);
    assert.deepEqual(watch.values(RELOADS), { changed: 0, endpoints_only: 0, reordered: 0 });
  });

  it('without the processes the disk is used, and whether it runs is not said', async (t) => {
    const tree = new FakeProc(t, 'etc').write('n.conf', CONF('10.0.0.1'));
    const watch = new ConfigWatch({ files: [`${tree.root}/n.conf`] }, { proc: new FakeProc(t).root });
    await watch.poll();
    assert.deepEqual([watch.active('config_not_loaded'), watch.active('config_invalid')], [null, null]);
    assert.equal(watch.active('noop_reloads'), null);
    assert.deepEqual(watch.servers(), ['a=10.0.0.1:80']);
    tree.write('n.conf', CONF('10.0.0.2'));
    await watch.poll();
    assert.deepEqual(watch.values(RELOADS), { changed: 0, endpoints_only: 1, reordered: 0 });
    tree.write('n.conf', `${CONF('10.0.0.3')} }`);
    await watch.poll();
    assert.equal(watch.active('config_invalid'), true);
    assert.deepEqual(watch.servers(), ['a=10.0.0.2:80']);
    assert.equal(watch.values('badgateway_gateway_config_problems').unexpected_character, 1);
    await watch.collector.stop?.();
    assert.equal(watch.views.size, 0);
  });

  it('a dump of nginx -T, and one gateway of two that cannot be read', async (t) => {
    const tree = new FakeProc(t, 'etc').write('dump', `# configuration file /n.conf:\n${CONF('10.0.0.1')}\n`);
    const files = [
      { path: `${tree.root}/dump`, kind: 'dump' },
      { path: `${tree.root}/gone.conf`, gateway: 'gone' },
    ];
    const watch = new ConfigWatch({ files }, { proc: new FakeProc(t).root });
    assert.match(
      await watch.poll(),
      /^1 of 2 configurations; cannot read .*gone\.conf: ENOENT; what runs is not known$/,
    );
    assert.deepEqual(watch.servers(), ['a=10.0.0.1:80']);
    const [, gone] = watch.collector.targets?.() ?? [];
    assert.equal(gone.state, 'failed');
    const alone = new ConfigWatch({ files: [`${tree.root}/gone.conf`] }, { proc: new FakeProc(t).root });
    await assert.rejects(alone.poll(), /cannot read .*ENOENT/);
  });

  it('refuses what cannot be meant, and says what is off', async () => {
    const errors = (config: object) => nginxConfig.schema.safeParse(config).error?.issues.map(({ message }) => message);
    assert.deepEqual(errors({ files: ['nginx.conf'] }), ['Invalid input']);
    assert.deepEqual(errors({ files: ['/a', { path: '/b', gateway: '' }] }), [
      'another file has the same gateway, namespace, pod and container',
    ]);
    assert.equal(errors({ files: ['/a', { path: '/b', gateway: 'b' }] }), undefined);
    const watch = new ConfigWatch({ discover: false });
    assert.match(await watch.poll(), /discovery is off/);
  });
});

/** The parts of a rig under short names. */
function bind(rig: Rig) {
  return {
    ...{ watch: rig.watch, main: rig.main, pid: rig.pid },
    write: (name: string, text: string) => rig.write(name, text),
    reload: () => rig.reload(),
    workers: () => rig.workers(),
    crash: (worker: number) => rig.crash(worker),
  };
}
