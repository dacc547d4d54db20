/** The steps of deploy/Dockerfile without Docker: from a clean tree, with packages of its own, to the files of the image. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DEPLOY, ROOT } from './manifests.ts';

export interface Step {
  readonly word: string;
  readonly rest: string;
}

/** Instructions of each stage. */
export function readStages(): Step[][] {
  const text = readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8').replace(/\\\n\s*/g, ' ');
  const steps = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ word: line.split(' ')[0], rest: line.slice(line.indexOf(' ') + 1) }));
  const starts = steps.flatMap(({ word }, at) => (word === 'FROM' ? [at] : []));
  return starts.map((start, index) => steps.slice(start, starts[index + 1]));
}

function run(command: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.error ?? ''}\n${result.stderr}`);
  return result.stdout;
}

/** What a clone would have, with what is not committed yet: nothing that is ignored, above all no node_modules. */
export function copyCleanTree(target: string): void {
  const listed = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], ROOT).split('\0');
  for (const path of listed.filter((one) => one !== '' && existsSync(join(ROOT, one)))) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(ROOT, path), join(target, path), { verbatimSymlinks: true, recursive: true });
  }
}

/** Copies and runs what the build stage says; only what .dockerignore lets in is there to be copied. */
export function runBuildStage(steps: readonly Step[], tree: string, directory: string): void {
  for (const { word, rest } of steps) {
    const parts = rest.split(' ');
    if (word === 'COPY') {
      const target = parts.pop() as string;
      for (const source of parts) {
        const path = join(directory, target.endsWith('/') ? join(target, source) : target);
        mkdirSync(dirname(path), { recursive: true });
        cpSync(join(tree, source), path, { recursive: true });
      }
    }
    // What was downloaded before is taken from npm's cache; each file's integrity is checked either way.
    if (word === 'RUN') run('sh', ['-ec', rest.replace('npm ci', 'npm ci --prefer-offline')], directory);
  }
}

/** `COPY --from=build` into the root of the image. */
export function assembleImage(steps: readonly Step[], build: string, root: string): void {
  for (const { word, rest } of steps) {
    if (word !== 'COPY') continue;
    const owner = /--chown=(\d+):(\d+)/.exec(rest);
    const [source, target] = rest.split(' ').filter((part) => !part.startsWith('--'));
    mkdirSync(dirname(join(root, target)), { recursive: true });
    cpSync(source.replace('/build', build), join(root, target), { recursive: true });
    if (owner && process.getuid?.() === 0) chownSync(join(root, target), Number(owner[1]), Number(owner[2]));
  }
  chmodSync(root, 0o755);
}

/** Bytes of the files below. */
export function sizeOf(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  return entries.map((path) => lstatSync(path)).reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}
