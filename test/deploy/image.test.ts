import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { nodeStartOf } from '../../scripts/node-flags.ts';
import { freePort } from '../support/freeport.ts';
import { asNobody } from '../support/nobody.ts';
import { assembleImage, copyCleanTree, readStages, runBuildStage, sizeOf } from './image-steps.ts';
import { DEPLOY, ROOT } from './manifests.ts';

const [build, final] = readStages();
const inFinal = (word: string) => final.find((step) => step.word === word)?.rest ?? '';
const NODE = 'node';

test('the context lets exactly in what is copied', () => {
  const allowed = readFileSync(join(DEPLOY, 'Dockerfile.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'));
  const copied = build.filter(({ word }) => word === 'COPY').flatMap(({ rest }) => rest.split(' ').slice(0, -1));
  assert.deepEqual(allowed.map((line) => line.slice(1)).sort(), copied.sort());
  for (const path of copied) assert.ok(existsSync(join(ROOT, path)), path);
});

test('the steps of the Dockerfile, from a clean tree, make files that start and serve', {
  timeout: 300_000,
}, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-image-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  const [tree, stage, root] = ['tree', 'build', 'root'].map((name) => join(directory, name));
  copyCleanTree(tree);
  assert.ok(!existsSync(join(tree, 'node_modules')) && !existsSync(join(tree, 'dist')));
  const began = performance.now();
  runBuildStage(build, tree, stage);
  const took = (performance.now() - began) / 1000;
  assert.ok(lstatSync(join(stage, 'node_modules')).isDirectory());
  assembleImage(final, stage, root);
  // The image has nothing but this: no module may be looked for outside.
  rmSync(tree, { recursive: true });
  rmSync(stage, { recursive: true });

  const program = join(root, 'usr/local/lib/badgateway');
  assert.ok(!existsSync(join(program, 'node_modules')));
  const size = sizeOf(root);
  assertIsCompiled(program);
  const startMs = await startAndServe(t, root);
  await assertHasItsFiles(t, program, directory);
  const code = readdirSync(program, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.mjs'));
  const bundle = code.reduce((sum, name) => sum + statSync(join(program, name)).size, 0);
  t.diagnostic(
    `image: ${mb(size)} MB on top of Node (code ${mb(bundle)} MB in ${code.length} files), built in ${took.toFixed(1)} s, ` +
      `first answer of /metrics ${Math.round(startMs)} ms after the start`,
  );
  // On top of some 120 MB of Node; the limit is there to notice node_modules or sources that get in.
  assert.ok(size < 12_000_000, `${mb(size)} MB`);
});

/** What the build stage has compiled counts where the image has it, too. */
function assertIsCompiled(program: string): void {
  const args = [...nodeStartOf().flags, join(program, 'badgateway.mjs'), '--version'];
  const { NODE_COMPILE_CACHE: _, ...variables } = process.env;
  const env = { ...variables, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
  const { stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  assert.match(stderr + stdout, /code cache for ESM file:\S+\/chunks\/cli-\S+ was accepted/);
}

/** Rules and dashboards are read from beside the bundle: nothing else of the sources is there. */
async function assertHasItsFiles(t: TestContext, program: string, directory: string): Promise<void> {
  const server = createServer((_, response) => response.end(NO_SERIES)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const prometheus = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [args, made] of [
    [['generate', 'rules'], 'slo.rules.yaml'],
    [['preview-dashboards', '--prometheus', prometheus, '--format', 'html'], 'overview.html'],
  ] as const) {
    const output = join(directory, args[0]);
    const child = spawn(process.execPath, [join(program, 'badgateway.mjs'), ...args, '--output', output], { cwd: '/' });
    let log = '';
    child.stderr.on('data', (chunk) => (log += chunk));
    assert.deepEqual(await once(child, 'close'), [0, null], log);
    assert.ok(existsSync(join(output, made)), made);
  }
}

const NO_SERIES = '{"status":"success","data":{"resultType":"matrix","result":[]}}';

const mb = (bytes: number) => (bytes / 1e6).toFixed(1);

/** As the container is started: its user, its environment, its arguments and nothing else. Gives the time to the first scrape. */
async function startAndServe(t: TestContext, root: string): Promise<number> {
  const [node, ...args] = [...JSON.parse(inFinal('ENTRYPOINT')), ...JSON.parse(inFinal('CMD'))] as string[];
  assert.equal(node, NODE);
  const port = await freePort();
  const env = Object.fromEntries(
    inFinal('ENV')
      .split(' ')
      .map((pair) => pair.split('=')),
  ) as Record<string, string>;
  const replaced = {
    BADGATEWAY_LISTEN_METRICS: `127.0.0.1:${port}`,
    BADGATEWAY_LISTEN_PAGE: `127.0.0.1:${await freePort()}`,
    BADGATEWAY_CHECKPOINT_DIRECTORY: join(root, inFinal('VOLUME')),
  };
  const inRoot = args.map((arg) => (arg.startsWith('/') ? join(root, arg) : arg));
  const prefix = process.getuid?.() === 0 ? asNobody() : [];
  const [command, ...rest] = [...prefix, process.execPath, ...inRoot];
  const began = performance.now();
  const child = spawn(command, rest, { cwd: '/', env: { PATH: process.env.PATH, ...env, ...replaced } });
  const exited = once(child, 'exit');
  t.after(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (chunk) => (log += chunk));
  child.stdout.on('data', (chunk) => (log += chunk));
  const deadline = Date.now() + 60_000;
  let text = '';
  while (text === '') {
    assert.ok(child.exitCode === null && Date.now() < deadline, `it does not serve: ${log}`);
    text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
      // 503 until the logs from before the start are read.
      (answer) => (answer.ok ? answer.text() : ''),
      () => '',
    );
    if (text === '') await delay(5);
  }
  const took = performance.now() - began;
  assert.match(text, /^badgateway_build_info\{/m);
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null], log);
  // The checkpoint is in the directory that the image makes for this user.
  assert.ok(readdirSync(replaced.BADGATEWAY_CHECKPOINT_DIRECTORY).length > 0, log);
  return took;
}

test('the image runs as nobody and starts badgateway serve', () => {
  assert.match(inFinal('USER'), /^65534:65534$/);
  assert.equal(inFinal('EXPOSE'), '9502');
  assert.deepEqual(JSON.parse(inFinal('ENTRYPOINT')), [
    NODE,
    ...nodeStartOf().flags,
    '/usr/local/lib/badgateway/badgateway.mjs',
  ]);
  assert.equal(inFinal('ENV'), 'NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=32768');
  assert.deepEqual(JSON.parse(inFinal('CMD')), ['serve']);
  assert.match(inFinal('HEALTHCHECK'), / CMD \["node", /);
  assert.match(inFinal('RUN'), /^rm -rf .*\/npm /);
  const text = readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8');
  assert.doesNotMatch(text, /:latest|curl|wget|apt-get/);
  assert.match(text, /^ARG RUNTIME_IMAGE=node:24-\S+-slim$/m);
});
