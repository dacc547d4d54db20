import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** What /metrics answered at a moment of a run, as it was. */
export interface Scrape {
  readonly atMs: number;
  readonly body: string;
}

export const RECORDINGS = ['nginx', 'envoy'] as const;
const HEAD = /^@ (\d+)$/gm;

const pathOf = (name: string) => new URL(`./recorded/${name}.txt.br`, import.meta.url).pathname;

export function writeRecording(name: string, scrapes: readonly Scrape[]): number {
  const text = Buffer.from(scrapes.map(({ atMs, body }) => `@ ${atMs}\n${body}`).join(''));
  const packed = brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
  writeFileSync(pathOf(name), packed);
  return packed.length;
}

export function readRecording(name: string): Scrape[] {
  const text = brotliDecompressSync(readFileSync(pathOf(name))).toString();
  const heads = [...text.matchAll(HEAD)];
  return heads.map((head, at) => ({
    atMs: Number(head[1]),
    body: text.slice(head.index + head[0].length + 1, heads[at + 1]?.index),
  }));
}

/** A time that a metric tells. */
const TIME = /^(\w+_timestamp_seconds(?:\{.*\})?|process_start_time_seconds) (\d+(?:\.\d+)?)$/gm;

/** As it would have been answered that much later: the times that it tells are as long ago as they were. */
export function movedBy(body: string, ms: number): string {
  return body.replaceAll(TIME, (_, series: string, seconds: string) => `${series} ${Number(seconds) + ms / 1000}`);
}
