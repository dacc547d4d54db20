import { closeSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { makeDirectory } from './unwritable.ts';

const NAME = 'lock';
/** The program before this one may still be saving. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 100;
const LONGEST_ANSWER_MS = 1_000;
/** A socket's address holds 107 bytes (unix(7)). */
const LONGEST_PATH = 100;

/**
 * Keeps the directory of a checkpoint for this process; two that save in one would each restore what the other has counted. The lock is a
 * unix socket: it ends with its process however that ends, and other network and process namespaces that share the directory see it.
 * Where none can be made nothing can be saved either. Returns what gives it back.
 * @throws when another process keeps it.
 */
export async function lockCheckpoint(directory: string, patienceMs = PATIENCE_MS): Promise<() => void> {
  const { path, done } = addressIn(directory);
  const until = performance.now() + patienceMs;
  for (;;) {
    const server = await listen(path);
    if (server === 'impossible') return done;
    // It takes its file away itself.
    if (server !== 'taken') return () => server.close(done);
    const holder = await ask(path);
    if (holder === undefined) rmSync(path, { force: true });
    else if (performance.now() < until) await wait(RETRY_MS);
    else throw new Error(inUse(directory, holder));
  }
}

const inUse = (directory: string, holder: string) =>
  `checkpoint directory ${directory} is in use by another badgateway (process ${holder}): ` +
  'stop that one, or give this one a directory of its own with --checkpoint.directory';

function listen(path: string): Promise<Server | 'taken' | 'impossible'> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.on('error', () => {}).end(String(process.pid)));
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE' ? 'taken' : 'impossible'));
    server.listen(path, () => resolve(server.unref()));
  });
}

/** The process that has the lock, by its own number; undefined when it is gone. */
function ask(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path).setTimeout(LONGEST_ANSWER_MS);
    socket.on('data', (part) => {
      answer = (answer + part).replace(/\D/g, '').slice(0, 20);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'ECONNREFUSED' || code === 'ENOENT' ? undefined : '?'),
    );
    socket.once('timeout', () => socket.destroy());
    socket.once('close', () => resolve(answer === '' ? '?' : answer));
  });
}

/** Where the socket is, in a directory of a long name by way of its descriptor; `done` closes that. */
function addressIn(directory: string): { readonly path: string; readonly done: () => void } {
  const path = join(directory, NAME);
  try {
    makeDirectory(directory, 0o700);
    if (path.length <= LONGEST_PATH) return { path, done: () => {} };
    const fd = openSync(directory, 'r');
    return { path: `/proc/self/fd/${fd}/${NAME}`, done: () => closeSync(fd) };
  } catch {
    return { path, done: () => {} };
  }
}
