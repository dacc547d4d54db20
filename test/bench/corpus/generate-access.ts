import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type AccessLayout, AccessWriter } from './access-layouts.ts';
import { nextAccessLine } from './access-lines.ts';
import { AccessTally, type AccessTruth } from './access-truth.ts';
import { benchDirectory } from './generate.ts';
import { Random } from './random.ts';

/** Raise when the corpus changes, so that cached files are made again. */
const VERSION = 2;
const SEED = 20_261_121;
const START_MS = Date.UTC(2026, 10, 20, 14);
const LINES_PER_SECOND = 2000;

export interface AccessCorpus {
  readonly path: string;
  readonly truth: AccessTruth;
}

/** `$time_local` in UTC. */
function stampOf(atMs: number): string {
  const [, day, month, year, time] = new Date(atMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

function write(path: string, lines: number, layout: AccessLayout): AccessTruth {
  const random = new Random(SEED);
  const tally = new AccessTally();
  const writer = new AccessWriter(layout);
  const file = openSync(path, 'w');
  let [bytes, stamp, block] = [0, '', ''];
  for (let i = 0; i < lines; i++) {
    const atMs = START_MS + Math.floor(i / LINES_PER_SECOND) * 1000;
    if (i % LINES_PER_SECOND === 0) stamp = stampOf(atMs);
    const line = nextAccessLine(random);
    tally.count(line);
    block += writer.write(line, stamp, atMs);
    if (block.length > 1 << 20 || i === lines - 1) {
      bytes += writeSync(file, Buffer.from(block, 'latin1'));
      block = '';
    }
  }
  closeSync(file);
  return tally.truth(lines, bytes);
}

/** The corpus file and its truth, made now or taken from the cache. */
export function accessCorpus(lines: number, layout: AccessLayout = 'plain'): AccessCorpus {
  const path = join(benchDirectory(), `accesslog-v${VERSION}-${layout}-${lines}-s${SEED}.log`);
  const truthPath = `${path}.truth.json`;
  if (existsSync(truthPath) && existsSync(path)) {
    const truth: AccessTruth = JSON.parse(readFileSync(truthPath, 'utf8'));
    if (statSync(path).size === truth.fileBytes) return { path, truth };
  }
  const truth = write(`${path}.part`, lines, layout);
  renameSync(`${path}.part`, path);
  writeFileSync(truthPath, JSON.stringify(truth));
  return { path, truth };
}
