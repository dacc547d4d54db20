import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nextLine } from './lines.ts';
import { Random } from './random.ts';
import { Draw } from './scene.ts';
import { Tally, type Truth } from './truth.ts';

/** Raise when the corpus changes, so that cached files are made again. */
const VERSION = 2;
const START_MS = Date.UTC(2026, 10, 20, 14);
const DEFAULT_RATE = 2000;
const SPLIT_SHARE = 0.0025;

export interface CorpusOptions {
  readonly lines: number;
  readonly seed: number;
  /** Write the container runtime's format around each line. */
  readonly cri: boolean;
  /** Lines per second of log time. */
  readonly rate: number;
}

export interface Corpus {
  readonly path: string;
  readonly truth: Truth;
}

/** Where bench files are kept between runs. */
export function benchDirectory(): string {
  const directory = process.env.BENCH_DIR ?? join(tmpdir(), 'badgateway-bench');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** `TIME stderr F LINE`; now and then split in a partial and a final line, as a runtime does at its own limit. */
function criLine(random: Random, atMs: number, text: string): string {
  const stamp = new Date(atMs).toISOString().replace('Z', `${String(random.below(1_000_000)).padStart(6, '0')}Z`);
  if (!random.chance(SPLIT_SHARE)) return `${stamp} stderr F ${text}\n`;
  const at = 1 + random.below(text.length - 1);
  return `${stamp} stderr P ${text.slice(0, at)}\n${stamp} stderr F ${text.slice(at)}\n`;
}

function stampOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
}

function write(path: string, options: CorpusOptions): Truth {
  const draw = new Draw(new Random(options.seed));
  // Apart from the lines' generator, so that a CRI file holds the very lines of the plain one.
  const wrapping = new Random(options.seed + 1);
  const tally = new Tally();
  const file = openSync(path, 'w');
  let [bytes, second, stamp, block] = [0, -1, '', ''];
  for (let i = 0; i < options.lines; i++) {
    const atMs = START_MS + Math.floor((i / options.rate) * 1000);
    if (Math.floor(atMs / 1000) !== second) {
      second = Math.floor(atMs / 1000);
      stamp = stampOf(atMs);
    }
    const line = nextLine(draw, stamp);
    tally.count(line.kind, line.upstream);
    block += options.cri ? criLine(wrapping, atMs, line.text) : `${line.text}\n`;
    if (block.length > 1 << 20 || i === options.lines - 1) {
      bytes += writeSync(file, Buffer.from(block, 'latin1'));
      block = '';
    }
  }
  closeSync(file);
  return tally.truth(options.lines, bytes);
}

/** The corpus file and its truth, made now or taken from the cache. */
export function corpus(options: Partial<CorpusOptions> & { readonly lines: number }): Corpus {
  const all: CorpusOptions = { seed: 20_261_120, cri: false, rate: DEFAULT_RATE, ...options };
  const name = `errorlog-v${VERSION}-${all.lines}-s${all.seed}-r${all.rate}${all.cri ? '-cri' : ''}`;
  const path = join(benchDirectory(), `${name}.log`);
  const truthPath = `${path}.truth.json`;
  if (existsSync(truthPath) && existsSync(path)) {
    const truth: Truth = JSON.parse(readFileSync(truthPath, 'utf8'));
    if (statSync(path).size === truth.bytes) return { path, truth };
  }
  const truth = write(`${path}.part`, all);
  renameSync(`${path}.part`, path);
  writeFileSync(truthPath, JSON.stringify(truth));
  return { path, truth };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      lines: { type: 'string', default: '2000000' },
      seed: { type: 'string', default: '20261120' },
      cri: { type: 'boolean', default: false },
      rate: { type: 'string', default: String(DEFAULT_RATE) },
      secs: { type: 'string' },
    },
  });
  const rate = Number(values.rate);
  const lines = values.secs === undefined ? Number(values.lines) : rate * Number(values.secs);
  const { path, truth } = corpus({ lines, seed: Number(values.seed), cri: values.cri, rate });
  console.log(`${path}: ${truth.lines} lines, ${truth.bytes} bytes, ${truth.failures} failed attempts`);
}
