import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One rotation of `log`; `reopen` makes the writer open the path again. */
export type Rotation = (log: string, reopen: () => Promise<void>, round: number) => Promise<void>;

function shiftNumbers(log: string): void {
  for (let number = 99; number >= 1; number -= 1) {
    if (existsSync(`${log}.${number}`)) renameSync(`${log}.${number}`, `${log}.${number + 1}`);
  }
}

/** logrotate: rename, then a signal; until it is handled the writer stays on the renamed file. */
export const rename: Rotation = async (log, reopen) => {
  shiftNumbers(log);
  renameSync(log, `${log}.1`);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await reopen();
};

/** logrotate with copytruncate: copy until the end is seen, then truncate; what comes between the two is destroyed. */
export const copytruncate: Rotation = async (log) => {
  shiftNumbers(log);
  const from = openSync(log, 'r+');
  const to = openSync(`${log}.1`, 'w');
  const buffer = Buffer.alloc(128 * 1024);
  for (let got = readSync(from, buffer); got > 0; got = readSync(from, buffer)) writeSync(to, buffer, 0, got);
  ftruncateSync(from, 0);
  closeSync(from);
  closeSync(to);
};

/** The kubelet: compress rotated files, unlink them, rename the current one, have it opened again. */
export const kubelet: Rotation = async (log, reopen, round) => {
  const rotated = readdirSync(dirname(log)).filter((name) => name.startsWith(`${basename(log)}.`));
  for (const name of rotated.filter((one) => !one.endsWith('.gz'))) {
    const path = join(dirname(log), name);
    writeFileSync(`${path}.tmp`, gzipSync(readFileSync(path), { level: 1 }));
    renameSync(`${path}.tmp`, `${path}.gz`);
    unlinkSync(path);
  }
  renameSync(log, `${log}.20261121-${String(80_000 + round).padStart(6, '0')}`);
  await reopen();
};

/** The pod is replaced: its directory goes with what is in it, and comes again. */
export const directory: Rotation = async (log, reopen) => {
  rmSync(dirname(log), { recursive: true });
  mkdirSync(dirname(log));
  await reopen();
};

export function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0;
}
