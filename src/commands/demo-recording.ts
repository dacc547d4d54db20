import { existsSync, readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';

/** Raw bytes as they were at a moment of the recording. */
export interface Frame {
  readonly atMs: number;
  /**
   * A path, or what was asked for: a request of Envoy's admin interface, or `nginx_status`. Under /proc `<pid>/net` is a link, and a path that ends with `/` is gone: of a process that
   * has ended.
   */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Something that was done while recording, in words. */
export interface Stage {
  readonly atMs: number;
  readonly done: string;
}

export interface Recording {
  readonly durationMs: number;
  readonly recordedAt: string;
  readonly programs: readonly string[];
  /** What of it no program has said. */
  readonly notes: readonly string[];
  readonly stages: readonly Stage[];
  readonly errorLog: readonly Frame[];
  /** What `nginx -T` wrote. */
  readonly nginx: readonly Frame[];
  /** Paths under /proc. */
  readonly kernel: readonly Frame[];
  /** Of Envoy's admin interface and nginx' stub_status. */
  readonly answers: readonly Frame[];
  /** `endpoints.json` and names of directories of the node, written by hand: what a cluster would have said. */
  readonly written: readonly Frame[];
}

const NEWLINE = 0x0a;
/** Beside the sources, beside a bundle, and beside a bundle's chunk. */
const PLACES = ['./recordings', '../recordings', '../../recordings'];

/** The directory of the embedded recording. @throws when the installation has none. */
export function findRecording(name = 'incident'): string {
  const paths = PLACES.map((place) => new URL(`${place}/${name}/`, import.meta.url).pathname);
  const found = paths.find((path) => existsSync(`${path}recording.json`));
  if (found === undefined) throw new Error(`no recording: looked at ${paths.join(', ')}`);
  return found;
}

export function readRecording(directory: string): Recording {
  const file = (name: string) => readFileSync(`${directory}/${name}`);
  const facts = JSON.parse(file('recording.json').toString()) as Omit<
    Recording,
    'errorLog' | 'nginx' | 'kernel' | 'answers' | 'written'
  >;
  const packed = (name: string) => parseFrames(brotliDecompressSync(file(`${name}.frames.br`)));
  return {
    ...facts,
    errorLog: parseFrames(file('error-log.frames')),
    nginx: parseFrames(file('nginx.frames')),
    kernel: packed('kernel'),
    answers: packed('answers'),
    written: packed('written'),
  };
}

/** Frames of `@ MILLISECONDS LENGTH NAME`, a newline, LENGTH bytes, a newline. @throws on anything else. */
export function parseFrames(data: Buffer): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  while (at < data.length) {
    const end = data.indexOf(NEWLINE, at);
    const [, ms, length, name] = /^@ (\d+) (\d+) (\S+)$/.exec(data.toString('latin1', at, end)) ?? [];
    const start = end + 1;
    const stop = start + Number(length);
    if (name === undefined || data[stop] !== NEWLINE) throw new Error(`no frame at byte ${at} of the recording`);
    frames.push({ atMs: Number(ms), name, bytes: data.subarray(start, stop) });
    at = stop + 1;
  }
  return frames;
}

export function formatFrame({ atMs, name, bytes }: Frame): Buffer {
  return Buffer.concat([Buffer.from(`@ ${atMs} ${bytes.length} ${name}\n`), bytes, Buffer.from('\n')]);
}
