import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { nginxConfig } from '../../src/collectors/nginx-config.ts';
import { START_ERROR_MS } from '../../src/sources/process-clock.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { ConfigWatch } from '../support/nginx-config-watch.ts';
import { RELOADS } from './nginx-config-rig.ts';

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
    assert.match(await watch.poll(), /^1 configuration; the configuration on disk runs; 1 upstream in use$/);
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
