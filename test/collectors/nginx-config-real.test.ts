import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { START_ERROR_MS } from '../../src/sources/process-clock.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { freePort } from '../support/freeport.ts';
import { startNginx } from '../support/nginx.ts';
import { ConfigWatch } from '../support/nginx-config-watch.ts';
import { skipWithout } from '../support/programs.ts';
import { bind, RELOADS, Rig } from './nginx-config-rig.ts';

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
