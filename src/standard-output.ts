import { readlinkSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { whyUnwritable } from './sources/unwritable.ts';

/** Exit code of a command whose output is not complete: it cannot be told. */
const INCOMPLETE = 2;

/**
 * Whoever reads our output may leave (`| head`): what is written after that goes nowhere, and the command comes to its end and its exit code. Where
 * output goes to a file that takes no more (a full disk) that is said once, and the exit code is 2.
 */
export function bearOutputErrors(): void {
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) if (!(stream instanceof Socket)) writeWhole(stream);
  let isTold = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || isTold) return;
    isTold = true;
    process.once('exit', () => {
      process.exitCode = INCOMPLETE;
    });
    stderr.write(`badgateway: cannot write standard output${placeOf(stdout.fd)} (${whyUnwritable(error)})\n`);
  });
  // Nobody is left to tell.
  stderr.on('error', () => {});
}

/** Node's own stream of a file leaves out what a full disk did not take, and takes it for written. */
function writeWhole(stream: Writable & { readonly fd: number }): void {
  stream._write = (chunk: Uint8Array, _encoding, done) => {
    try {
      writeFileSync(stream.fd, chunk);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}

function placeOf(fd: number): string {
  try {
    return ` to ${readlinkSync(`/proc/self/fd/${fd}`)}`;
  } catch {
    return '';
  }
}
