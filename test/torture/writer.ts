/**
 * Child process: appends numbered lines like nginx (one descriptor, O_APPEND) at a rate until told to stop.
 * Arguments: path, lines per second. Messages: `reopen` (as on SIGUSR1), `pause` (nothing is written any more), `{ write: lines }` (at once),
 * `resume`, `stop`; answers `{ reopened }`, `{ written }`.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { lineOf } from './line-shape.ts';

const [path, rate] = [process.argv[2], Number(process.argv[3])];
/** Lines per write: about a page, as a busy nginx in a buffered log. */
const BATCH = 16;
let fd = openSync(path, 'a');
let written = 0;
let stopping = false;
let paused = false;
const begunMs = performance.now();

function write(): void {
  const due = ((performance.now() - begunMs) / 1000) * rate;
  const deadline = performance.now() + 20;
  while (!paused && written < due && performance.now() < deadline) append(BATCH);
  if (stopping) process.send?.({ written, ms: performance.now() - begunMs }, () => process.exit(0));
  else setTimeout(write, 2);
}

function append(lines: number): void {
  let text = '';
  for (let at = 0; at < lines; at += 1) text += lineOf(written + at);
  writeSync(fd, text);
  written += lines;
}

process.on('message', (message) => {
  if (message === 'stop') stopping = true;
  if (message === 'pause' || message === 'resume') paused = message === 'pause';
  if (typeof message === 'object' && message !== null) append((message as { write: number }).write);
  if (message !== 'reopen') {
    if (message !== 'stop') process.send?.({ written });
    return;
  }
  const next = openSync(path, 'a');
  closeSync(fd);
  fd = next;
  process.send?.({ reopened: true });
});
process.on('disconnect', () => process.exit(1));
write();
