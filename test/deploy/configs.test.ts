import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { nodeStartOf } from '../../scripts/node-flags.ts';
import { missingProgram } from '../alerts/programs.ts';
import { findEnvoy, skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { DEPLOY, filesBelow, ROOT, readYaml } from './manifests.ts';

const configs = filesBelow(DEPLOY, 'badgateway.yaml').filter((file) => !file.includes('grafana'));

test('there is a configuration for each way to run', () => {
  assert.deepEqual(
    configs.map((file) => file.replace(/\/badgateway\.yaml$/, '')),
    ['compose', 'kubernetes/base', 'sidecar-ngf', 'sidecar', 'systemd'],
  );
});

for (const file of configs) {
  test(`badgateway check-config deploy/${file}`, () => {
    const args = ['src/main.ts', 'check-config', join(DEPLOY, file)];
    const result = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    assert.equal(result.status, 0, result.stdout + result.stderr);
  });
}

test('promtool accepts the Prometheus configuration of compose', { skip: missingProgram('promtool') }, () => {
  const text = readFileSync(join(DEPLOY, 'compose/prometheus.yml'), 'utf8').replace('alerts/', `${ROOT}/alerts/`);
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-compose-'));
  writeFileSync(join(directory, 'prometheus.yml'), text);
  const result = spawnSync('promtool', ['check', 'config', 'prometheus.yml'], { cwd: directory, encoding: 'utf8' });
  rmSync(directory, { recursive: true });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  assert.match(result.stdout + result.stderr, /5 rule files found|rules found/);
});

test('without the operator the same controllers are scraped as with it', () => {
  interface Scrape {
    readonly scrape_configs: readonly {
      readonly job_name: string;
      readonly relabel_configs: readonly { readonly regex?: string }[];
    }[];
  }
  interface Monitor {
    readonly spec: {
      readonly selector: { readonly matchExpressions: readonly { readonly values: readonly string[] }[] };
      readonly podMetricsEndpoints: readonly { readonly port: string }[];
    };
  }
  const components = join(DEPLOY, 'kubernetes/components');
  const [{ scrape_configs }] = readYaml<Scrape>(join(components, 'without-operator/scrape.yaml'));
  const job = scrape_configs.find(({ job_name }) => job_name === 'gateway-controllers');
  const chosen = new RegExp(`^(?:${job?.relabel_configs[0].regex})$`);
  const wanted = readYaml<Monitor>(join(components, 'controller-metrics/podmonitors.yaml')).flatMap(({ spec }) =>
    spec.selector.matchExpressions[0].values.map((name) => `${name};${spec.podMetricsEndpoints[0].port}`),
  );
  assert.equal(wanted.length, 4);
  for (const one of wanted) assert.match(one, chosen);
  for (const other of ['badgateway;metrics', 'nginx-ingress;http', 'ingress-nginx;badgateway'])
    assert.doesNotMatch(other, chosen);
});

test('amtool accepts what compose gives to Alertmanager', { skip: missingProgram('amtool') }, () => {
  const file = join(ROOT, 'alerts/alertmanager.example.yml');
  const result = spawnSync('amtool', ['check-config', file], { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stdout + result.stderr);
});

test('Envoy accepts the configuration of compose', { skip: skipWithoutEnvoy() }, () => {
  const args = ['--mode', 'validate', '-c', join(DEPLOY, 'compose/envoy/envoy.yaml'), '--log-level', 'error'];
  const result = spawnSync(findEnvoy() as string, args, { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stdout + result.stderr);
});

test('addresses of compose: backends have those that nginx, Envoy and the cluster name, within the subnet', () => {
  const read = (path: string) => readFileSync(join(DEPLOY, 'compose', path), 'utf8');
  const [{ services }] = readYaml<{ services: Record<string, { networks?: { edge?: { ipv4_address: string } } }> }>(
    join(DEPLOY, 'compose/compose.yaml'),
  );
  const given = Object.values(services).flatMap(({ networks }) => networks?.edge?.ipv4_address ?? []);
  assert.deepEqual(given, ['172.28.0.11', '172.28.0.12']);
  for (const path of ['edge/nginx.conf', 'envoy/envoy.yaml', 'cluster/endpoints.yaml']) {
    assert.deepEqual([...new Set(read(path).match(/172\.28\.0\.\d+/g))].sort(), given, path);
  }
});

test('what compose.yaml says to do changes what it should', () => {
  const text = readFileSync(join(DEPLOY, 'compose/compose.yaml'), 'utf8');
  const edits = [...text.matchAll(/^# +sed -i '\/cart-2\/d' (\S+)/gm)].map(([, path]) => join(ROOT, path));
  assert.equal(edits.length, 2);
  for (const path of edits) {
    const without = readFileSync(path, 'utf8').replace(/^.*cart-2.*\n/gm, '');
    assert.match(without, /172\.28\.0\.11/);
    assert.doesNotMatch(without, /172\.28\.0\.12/);
  }
});

test('files that compose mounts exist', () => {
  const [{ services }] = readYaml<{ services: Record<string, { volumes?: string[] }> }>(
    join(DEPLOY, 'compose/compose.yaml'),
  );
  const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes);
  const files = mounts.map((mount) => mount.split(':')[0]).filter((source) => source.startsWith('.'));
  assert.ok(files.length > 5);
  for (const file of files) assert.ok(existsSync(join(DEPLOY, 'compose', file)), file);
});

for (const file of ['sidecar/nginx.conf', 'compose/edge/nginx.conf', 'compose/backend.conf']) {
  test(`nginx accepts deploy/${file}`, { skip: missingNginx() }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'badgateway-nginx-'));
    // Paths and names of the container are not here; what is tested is the rest.
    const text = readFileSync(join(DEPLOY, file), 'utf8')
      .replaceAll(/\/tmp\/(\w+)/g, `${directory}/$1`)
      .replaceAll(/\/var\/log\/\w+\//g, `${directory}/`)
      .replace('cart.shop.svc.cluster.local', '127.0.0.1')
      .replaceAll(/\/run\/(\w+)/g, `${directory}/$1`)
      // Of those that nobody may use here: only whether they are well formed is tested.
      .replaceAll(/listen (80|8080);/g, 'listen 127.0.0.1:8088;');
    writeFileSync(join(directory, 'nginx.conf'), text.includes('pid ') ? text : `pid ${directory}/pid;\n${text}`);
    const result = spawnSync('nginx', ['-t', '-p', directory, '-c', 'nginx.conf'], { encoding: 'utf8' });
    rmSync(directory, { recursive: true });
    assert.equal(result.status, 0, result.stderr);
  });
}

function missingNginx(): string | false {
  if (process.env.CI === 'true') return false;
  return spawnSync('nginx', ['-v']).error === undefined ? false : 'not installed: nginx';
}

test('systemd accepts the unit', { skip: missingProgram('systemd-analyze') }, () => {
  const result = spawnSync('systemd-analyze', ['verify', join(DEPLOY, 'systemd/badgateway.service')], {
    encoding: 'utf8',
  });
  assert.equal(result.status, 0, result.stderr);
  assert.doesNotMatch(result.stderr, /badgateway\.service/);
});

/** What `systemd-analyze security` counts; without its own reasons to be above 0 it would be noticed when one is added. */
test('systemd calls the exposure of the unit OK', { skip: missingProgram('systemd-analyze') }, (t) => {
  const args = ['security', '--offline=true', '--threshold=25', join(DEPLOY, 'systemd/badgateway.service')];
  const result = spawnSync('systemd-analyze', [...args, '--no-pager'], { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  const [, exposure] = /Overall exposure level for badgateway\.service: ([\d.]+) OK/.exec(result.stdout) ?? [];
  assert.ok(exposure, result.stdout);
  t.diagnostic(`exposure ${exposure} of 10`);
});

test('the unit starts Node as the program does itself', () => {
  const unit = readFileSync(join(DEPLOY, 'systemd/badgateway.service'), 'utf8');
  const { environment, flags } = nodeStartOf();
  const pairs = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  assert.ok(unit.includes(`\nEnvironment=${pairs.join(' ')}\n`));
  assert.ok(unit.includes(`\nExecStart=/usr/bin/env node ${flags.join(' ')} /usr/lib/`));
});

test('the unit has no user, no capability and one writable place', () => {
  const unit = readFileSync(join(DEPLOY, 'systemd/badgateway.service'), 'utf8');
  for (const line of [
    'DynamicUser=yes',
    'CapabilityBoundingSet=',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'StateDirectory=badgateway',
  ]) {
    assert.ok(unit.split('\n').includes(line), line);
  }
  assert.doesNotMatch(unit, /ReadWritePaths|MemoryDenyWriteExecute=yes|ProcSubset|ProtectProc/);
});

test('the provisioned data source and dashboards fit together', () => {
  const provider = load(readFileSync(join(DEPLOY, 'compose/grafana/dashboards/badgateway.yaml'), 'utf8')) as {
    providers: { options: { path: string } }[];
  };
  const compose = readFileSync(join(DEPLOY, 'compose/compose.yaml'), 'utf8');
  assert.ok(compose.includes(`../../dashboards:${provider.providers[0].options.path}:ro`));
});
