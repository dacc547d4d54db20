import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { missingProgram } from '../alerts/programs.ts';
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

test('files that compose mounts exist', () => {
  const [{ services }] = readYaml<{ services: Record<string, { volumes?: string[] }> }>(
    join(DEPLOY, 'compose/compose.yaml'),
  );
  const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes);
  const files = mounts.map((mount) => mount.split(':')[0]).filter((source) => source.startsWith('.'));
  assert.ok(files.length > 5);
  for (const file of files) assert.ok(existsSync(join(DEPLOY, 'compose', file)), file);
});

for (const file of ['sidecar/nginx.conf', 'compose/nginx.conf']) {
  test(`nginx accepts deploy/${file}`, { skip: missingNginx() }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'badgateway-nginx-'));
    // Paths and names of the container are not here; what is tested is the rest.
    const text = readFileSync(join(DEPLOY, file), 'utf8')
      .replaceAll(/\/tmp\/(\w+)/g, `${directory}/$1`)
      .replaceAll(/\/var\/log\/\w+\//g, `${directory}/`)
      .replace('cart.shop.svc.cluster.local', '127.0.0.1')
      .replace('listen 80;', 'listen 127.0.0.1:8088;');
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
