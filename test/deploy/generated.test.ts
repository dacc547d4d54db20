import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dump, loadAll } from 'js-yaml';
import { generatedFiles } from '../../deploy/generate.ts';
import { missingProgram } from '../alerts/programs.ts';
import { allAlerts } from '../alerts/rule-files.ts';
import { ROOT } from './manifests.ts';

for (const [path, content] of generatedFiles()) {
  test(`${path} is what deploy/generate.ts makes`, () => {
    assert.equal(readFileSync(join(ROOT, path), 'utf8'), content);
  });
}

test('no object is too large for `kubectl apply`, which writes it into an annotation once more', () => {
  const manifests = [...generatedFiles()].filter(([path]) => path.endsWith('.yaml'));
  assert.equal(manifests.length, 3);
  for (const [path, content] of manifests) {
    for (const object of loadAll(content) as { metadata: { name: string } }[]) {
      assert.ok(JSON.stringify(object).length < 262_144, `${path}: ${object.metadata.name}`);
    }
  }
});

test('docs/alerts.md lists every alert', () => {
  const page = readFileSync(join(ROOT, 'docs/alerts.md'), 'utf8');
  for (const { alert } of allAlerts()) assert.ok(page.includes(`| [${alert}](runbooks/${alert}.md) |`), alert);
});

test('promtool accepts the rules of the PrometheusRules', { skip: missingProgram('promtool') }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-deploy-'));
  const text = readFileSync(join(ROOT, 'deploy/kubernetes/base/prometheusrule.yaml'), 'utf8');
  const objects = loadAll(text) as { spec: { groups: object[] } }[];
  writeFileSync(join(directory, 'rules.yaml'), dump({ groups: objects.flatMap(({ spec }) => spec.groups) }));
  const args = ['check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml'];
  const result = spawnSync('promtool', args, { cwd: directory, encoding: 'utf8' });
  rmSync(directory, { recursive: true });
  assert.equal(result.status, 0, result.stdout + result.stderr);
});

test('with bases every link is absolute, and the committed files stay as they are', () => {
  const out = mkdtempSync(join(tmpdir(), 'badgateway-deploy-'));
  const bases = ['--runbook-base', 'https://git.example/blob/main/', '--dashboard-base', 'https://grafana.example'];
  const run = spawnSync(process.execPath, ['deploy/generate.ts', ...bases, '--out', out], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  const files = readdirSync(join(out, 'rules'));
  assert.ok(files.length > 3);
  for (const file of [...files.map((name) => `rules/${name}`), 'prometheusrule.yaml']) {
    const urls = [...readFileSync(join(out, file), 'utf8').matchAll(/(?:runbook|dashboard)_url: '?(\S+)/g)];
    assert.ok(urls.length > 0, file);
    for (const [, url] of urls)
      assert.match(url, /^https:\/\/(git\.example\/blob\/main\/docs\/runbooks\/|grafana\.example\/d\/)/);
  }
  rmSync(out, { recursive: true });
  const refused = spawnSync(process.execPath, ['deploy/generate.ts', ...bases], { cwd: ROOT, encoding: 'utf8' });
  assert.notEqual(refused.status, 0);
});
