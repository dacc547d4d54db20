import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compiledIn } from '../src/compiled.ts';

const LONGEST_START_MS = 60_000;

/** Runs the bundle in `directory` once as it is going to run, and keeps what V8 compiles meanwhile beside it. */
export async function compileBundle(directory: string, flags: readonly string[]): Promise<void> {
  const compiled = compiledIn(directory);
  mkdirSync(compiled, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'badgateway-compile-'));
  try {
    const log = join(scratch, 'error.log');
    writeFileSync(log, '');
    const [metrics, page] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const config = join(scratch, 'badgateway.yaml');
    const collectors = { nginx_error_log: { files: [log] }, kubernetes: { enabled: false } };
    // JSON is YAML.
    writeFileSync(
      config,
      JSON.stringify({
        listen: { metrics, page },
        log: { level: 'error' },
        checkpoint: { directory: scratch },
        collectors,
      }),
    );
    const program = join(directory, 'badgateway.mjs');
    // Else it would be kept where that says.
    const { NODE_COMPILE_CACHE: _, ...env } = process.env;
    const args = [...flags, program, 'serve', `--config.file=${config}`];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
    const ended = once(child, 'exit');
    await Promise.race([untilReady(`http://${metrics}/metrics`, child), ended]);
    if (child.exitCode !== null) throw new Error(`the bundle ended at its start with ${child.exitCode}`);
    child.kill('SIGTERM');
    const [code] = await ended;
    if (code !== 0) throw new Error(`the bundle ended with ${code}`);
    if (readdirSync(compiled).length === 0) throw new Error(`nothing was compiled into ${compiled}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const giveUpMs = performance.now() + LONGEST_START_MS;
  while (child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.text();
    if (answer?.ok) return;
    if (performance.now() > giveUpMs) throw new Error(`${url} gave no 200 within ${LONGEST_START_MS} ms`);
    await delay(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
