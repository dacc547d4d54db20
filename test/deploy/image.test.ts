import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { DEPLOY, ROOT } from './manifests.ts';

interface Step {
  readonly word: string;
  readonly rest: string;
}

/** Instructions of each stage. */
function readStages(): Step[][] {
  const text = readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8').replace(/\\\n\s*/g, ' ');
  const steps = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ word: line.split(' ')[0], rest: line.slice(line.indexOf(' ') + 1) }));
  const starts = steps.flatMap(({ word }, at) => (word === 'FROM' ? [at] : []));
  return starts.map((start, index) => steps.slice(start, starts[index + 1]));
}
const [build, final] = readStages();

test('the context lets exactly in what is copied', () => {
  const allowed = readFileSync(join(DEPLOY, 'Dockerfile.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'));
  const copied = build.filter(({ word }) => word === 'COPY').flatMap(({ rest }) => rest.split(' ').slice(0, -1));
  assert.deepEqual(allowed.map((line) => line.slice(1)).sort(), copied.sort());
  for (const path of copied) assert.ok(existsSync(join(ROOT, path)), path);
});

test('the steps of the build stage make a bundle that runs, without Docker', () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-image-'));
  try {
    for (const { word, rest } of build) {
      const parts = rest.split(' ');
      if (word === 'COPY') {
        const target = parts.pop() as string;
        for (const source of parts) {
          const path = join(directory, target.endsWith('/') ? join(target, source) : target);
          mkdirSync(dirname(path), { recursive: true });
          cpSync(join(ROOT, source), path, { recursive: true });
        }
      }
      // The packages are those of the lockfile already.
      if (word === 'RUN' && rest.startsWith('npm ci'))
        symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
      else if (word === 'RUN') {
        const result = spawnSync('sh', ['-ec', rest], { cwd: directory, encoding: 'utf8' });
        assert.equal(result.status, 0, `${rest}\n${result.stderr}`);
      }
    }
    const bundle = join(directory, 'dist/badgateway.mjs');
    assert.ok(existsSync(bundle));
    // The image has nothing but dist: no module may be looked for outside.
    rmSync(join(directory, 'node_modules'));
    const config = join(DEPLOY, 'kubernetes/base/badgateway.yaml');
    const result = spawnSync(process.execPath, [bundle, 'check-config', config], { cwd: '/', encoding: 'utf8' });
    assert.equal(result.status, 0, result.stderr);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the image runs as nobody and starts badgateway serve', () => {
  const value = (word: string) => final.find((step) => step.word === word)?.rest;
  assert.equal(value('USER'), '65534:65534');
  assert.equal(value('EXPOSE'), '9502');
  assert.deepEqual(JSON.parse(value('ENTRYPOINT') ?? ''), [
    'node',
    '--max-semi-space-size=1',
    '/usr/local/lib/badgateway/badgateway.mjs',
  ]);
  assert.equal(value('ENV'), 'NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=65536');
  assert.deepEqual(JSON.parse(value('CMD') ?? ''), ['serve']);
  assert.doesNotMatch(readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8'), /:latest|curl|wget|apt-get/);
});
