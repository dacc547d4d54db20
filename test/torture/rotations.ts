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

/** What a rotation can do to the writer and the reader. */
export interface Hands {
  /** The writer opens the path again. */
  reopen(): Promise<void>;
  /** The writer writes nothing more until `resume`. */
  pause(): Promise<void>;
  /** It writes so many lines at once. */
  write(lines: number): Promise<void>;
  resume(): Promise<void>;
  /** Waits until the reader has all that was written, and its checkpoint too. */
  settle(): Promise<void>;
  /** No reader runs until `thaw`; in a story with kills this is one. */
  freeze(): Promise<void>;
  thaw(): void;
}

/** One rotation of `log`. Returns how many lines it has destroyed that nobody can have read, when it knows. */
// biome-ignore lint/suspicious/noConfusingVoidType: most do not know.
export type Rotation = (log: string, hands: Hands, round: number) => Promise<number | void>;

function shiftNumbers(log: string): void {
  for (let number = 99; number >= 1; number -= 1) {
    if (existsSync(`${log}.${number}`)) renameSync(`${log}.${number}`, `${log}.${number + 1}`);
  }
}

/** logrotate: rename, then a signal; until it is handled the writer stays on the renamed file. */
export const rename: Rotation = async (log, { reopen }) => {
  shiftNumbers(log);
  renameSync(log, `${log}.1`);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await reopen();
};

/** logrotate with copytruncate: copy until the end is seen, then truncate; what comes between the two is destroyed. */
export const copytruncate: Rotation = async (log) => copyAndTruncate(log);

interface Gap {
  /** Lines that are written behind the end of the copy. */
  readonly lines: number;
  /** Before the truncation: the reader goes on, or does not run, or has read all of them and does not run then. */
  readonly reader: 'running' | 'frozen' | 'frozen later';
}

/** In turn. The longest is more than a sink that reads by ranges reads at once. */
const GAPS: readonly Gap[] = [
  { lines: 0, reader: 'running' },
  { lines: 1, reader: 'frozen' },
  { lines: 40, reader: 'frozen later' },
  { lines: 160, reader: 'frozen' },
  { lines: 0, reader: 'frozen' },
  { lines: 12_000, reader: 'frozen' },
];

/** The same, and the writer waits from before the end of the copy until after the truncation: what is destroyed unread is known to the line. */
export const measured: Rotation = async (log, hands, round) => {
  const { lines, reader } = GAPS[round % GAPS.length];
  await hands.pause();
  if (reader === 'frozen') await hands.freeze();
  await copyAndTruncate(log, async () => {
    if (lines > 0) await hands.write(lines);
    if (reader !== 'frozen later') return;
    await hands.settle();
    await hands.freeze();
  });
  hands.thaw();
  await hands.resume();
  return reader === 'frozen' ? lines : 0;
};

async function copyAndTruncate(log: string, between?: () => Promise<void>): Promise<void> {
  shiftNumbers(log);
  const from = openSync(log, 'r+');
  const to = openSync(`${log}.1`, 'w');
  const buffer = Buffer.alloc(128 * 1024);
  for (let got = readSync(from, buffer); got > 0; got = readSync(from, buffer)) writeSync(to, buffer, 0, got);
  await between?.();
  ftruncateSync(from, 0);
  closeSync(from);
  closeSync(to);
}

/** The kubelet: compress rotated files, unlink them, rename the current one, have it opened again. */
export const kubelet: Rotation = async (log, { reopen }, round) => {
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
export const directory: Rotation = async (log, { reopen }) => {
  rmSync(dirname(log), { recursive: true });
  mkdirSync(dirname(log));
  await reopen();
};

export function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0;
}
