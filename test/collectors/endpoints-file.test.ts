import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { dump } from 'js-yaml';
import { endpointsFile } from '../../src/collectors/endpoints-file.ts';
import type { ClusterSink } from '../../src/contract/cluster.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { endpointSlice, type KubernetesObject, pod, service } from '../kubernetes/objects.ts';
import { testContext } from '../support/context.ts';

const createEndpointsFile = await endpointsFile.load();

function ground(t: TestContext, configured = true) {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-endpoints-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'endpoints.yaml');
  const clock = { ms: 1_000_000, now: () => clock.ms };
  const registry = new MetricRegistry(clock);
  const told: string[] = [];
  const known: (number | undefined)[] = [];
  const cluster: ClusterSink = {
    servicePods: { listed: () => {}, forget: () => {} },
    controllers: { found: () => {} },
    set: (resource, { key }) => void told.push(`+${resource} ${key}`),
    delete: (resource, key) => void told.push(`-${resource} ${key}`),
    expect: () => {},
    current: (resource, atMs, knownUntilMs) => {
      told.push(`${resource} current at ${atMs}`);
      known.push(knownUntilMs);
    },
    forget: (resource) => void told.push(`forget ${resource}`),
    interrupted: () => {},
    doubtMs: () => null,
    wanted: () => ({ namespaces: [], names: [], hasUnnamed: false }),
  };
  const context = testContext(registry.writers(endpointsFile.metrics), { clock, cluster });
  const collector = createEndpointsFile(endpointsFile.schema.parse(configured ? { path } : {}), context);
  return {
    ...{ path, clock, collector, known },
    poll: async () => collector.poll(new AbortController().signal),
    /** What the sink was told since. */
    told: () => told.splice(0).sort(),
    write: (objects: readonly KubernetesObject[]) => {
      writeFileSync(`${path}.new`, dump({ apiVersion: 'v1', items: objects, kind: 'List' }));
      renameSync(`${path}.new`, path);
    },
    samples: async () =>
      (await registry.render('text', 'test'))
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('badgateway_endpoints')),
  };
}

const cart = endpointSlice({ name: 'cart-1', addresses: ['10.0.0.1'] });

test('no file configured is absent and touches nothing', async (t) => {
  const { poll, told, collector } = ground(t, false);
  assert.deepEqual(await poll(), { state: 'absent', detail: 'no file configured; set collectors.endpoints_file.path' });
  await collector.stop?.();
  assert.deepEqual(told(), []);
});

test('objects come, unchanged ones stay current, what is gone from the file goes', async (t) => {
  const { poll, told, write, clock, samples, collector, path } = ground(t);
  write([cart, service({ name: 'cart' }), endpointSlice({ name: 'web-1' }), pod({ name: 'p' })]);
  utimesSync(path, 900, 900);
  assert.deepEqual(await poll(), { state: 'ok', detail: '2 EndpointSlices, 1 Services; 1 other objects ignored' });
  assert.deepEqual(told(), [
    '+endpointslices shop/cart-1',
    '+endpointslices shop/web-1',
    '+services shop/cart',
    'endpointslices current at 1000000',
    'services current at 1000000',
  ]);
  assert.deepEqual(await samples(), [
    'badgateway_endpoints_file_objects{resource="endpointslices"} 2',
    'badgateway_endpoints_file_objects{resource="services"} 1',
    'badgateway_endpoints_file_ignored_objects 1',
    'badgateway_endpoints_file_modified_timestamp_seconds 900',
  ]);
  clock.ms += 5000;
  await poll();
  assert.deepEqual(told(), ['endpointslices current at 1005000', 'services current at 1005000']);
  write([cart]);
  await poll();
  assert.deepEqual(
    told().filter((line) => !line.includes('current')),
    ['+endpointslices shop/cart-1', '-endpointslices shop/web-1', '-services shop/cart'],
  );
  await collector.stop?.();
  assert.deepEqual(told(), ['forget endpointslices', 'forget services']);
});

test('a missing, broken, cut or huge file changes nothing, says where, and is not current', async (t) => {
  const { poll, told, write, path } = ground(t);
  await assert.rejects(poll(), /endpoints\.yaml cannot be read \(ENOENT\)/);
  write([cart]);
  await poll();
  told();
  writeFileSync(path, 'kind: List\nitems:\n- kind: Service\n  metadata: {name: [}\n');
  await assert.rejects(poll(), /endpoints\.yaml: line 4: /);
  writeFileSync(path, 'apiVersion: v1\nitems:\n- kind: Service\n');
  await assert.rejects(poll(), /cut short/);
  truncateSync(path, 0);
  await assert.rejects(poll(), /endpoints\.yaml is empty, as while it is written; what it had is kept/);
  truncateSync(path, 17 * 1024 * 1024);
  await assert.rejects(poll(), /larger than 16777216 bytes/);
  rmSync(path);
  await assert.rejects(poll(), /ENOENT/);
  assert.deepEqual(told(), []);
  write([cart]);
  assert.equal((await poll()).state, 'ok');
});

test('a file that has just been emptied to be written says nothing: not at the start, and not of Services alone', async (t) => {
  const { poll, told, write, path, samples } = ground(t);
  writeFileSync(path, '');
  await assert.rejects(poll(), /is empty/);
  assert.deepEqual(told(), []);
  write([service({ name: 'cart' })]);
  await poll();
  told();
  truncateSync(path, 0);
  await assert.rejects(poll(), /is empty/);
  assert.deepEqual(told(), []);
  assert.ok((await samples()).includes('badgateway_endpoints_file_objects{resource="services"} 1'));
  write([service({ name: 'cart' })]);
  assert.equal((await poll()).state, 'ok');
});

test('a directory, a device or a pipe is no file', async (t) => {
  const { path: pipe } = ground(t);
  execFileSync('mkfifo', [pipe]);
  for (const path of ['/dev', '/dev/zero', pipe]) {
    const collector = createEndpointsFile(
      endpointsFile.schema.parse({ path }),
      testContext(new MetricRegistry({ now: Date.now }).writers(endpointsFile.metrics)),
    );
    await assert.rejects(async () => collector.poll(new AbortController().signal), /not a regular file/);
  }
});

test('the path is absolute', () => {
  assert.equal(endpointsFile.schema.safeParse({ path: 'endpoints.yaml' }).success, false);
});

test('what is known is as old as the file, but for the first half minute; an empty list changes nothing', async (t) => {
  const { poll, write, clock, known, path } = ground(t);
  write([cart]);
  utimesSync(path, 900, 900);
  const after = async (ms: number) => {
    clock.ms += ms;
    known.length = 0;
    await poll();
    return known[0];
  };
  assert.equal(await after(0), 1_000_000);
  assert.equal(await after(20_000), 1_020_000);
  assert.equal(await after(20_000), 1_030_000);
  write([endpointSlice({ name: 'cart-2', addresses: ['10.0.0.2'] })]);
  utimesSync(path, 1035, 1035);
  assert.equal(await after(5_000), 1_035_000);
  write([service({ name: 'cart' })]);
  await assert.rejects(after(1_000), /has no EndpointSlices any more; what it had is kept/);
});
