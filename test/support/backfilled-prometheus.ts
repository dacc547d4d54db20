import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './freeport.ts';
import { findProgram } from './programs.ts';

/** A series of the past; `at` gets days before the end (28, 27.98 … 0) and gives its value, null: no sample then. */
export interface PastSeries {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly at: (daysBefore: number) => number | null;
}

export interface BackfilledPrometheus {
  readonly url: string;
  stop(): Promise<void>;
}

const DAY_SECONDS = 86_400;
/** promtool reads the whole file again for each block of two hours. */
const PART_DAYS = 4;

interface Past {
  readonly days: number;
  readonly endSeconds: number;
  /** A sample each; the last one is at the end. */
  readonly everySeconds: number;
}

/**
 * A real Prometheus that holds these series. By blocks that promtool makes (`blocks`: a minute), or written to it (a second).
 */
export async function startBackfilled(
  series: readonly PastSeries[],
  past: Past,
  how: 'blocks' | 'written' = 'written',
): Promise<BackfilledPrometheus> {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-backfilled-'));
  const data = join(directory, 'data');
  for (let from = how === 'blocks' ? past.days : 0; from > 0; from -= PART_DAYS) {
    const file = join(directory, 'part.om');
    writeFileSync(file, openMetrics(series, past, { from, to: Math.max(from - PART_DAYS, 0) }));
    execFileSync(findProgram('promtool')!, ['tsdb', 'create-blocks-from', 'openmetrics', file, data], {
      stdio: 'ignore',
    });
  }
  const config = join(directory, 'prometheus.yml');
  writeFileSync(config, '{}');
  const port = await freePort();
  const child = spawn(
    findProgram('prometheus')!,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=200d',
      '--storage.tsdb.min-block-duration=60d',
      '--storage.tsdb.max-block-duration=60d',
      '--web.enable-remote-write-receiver',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 60_000;
  while (
    !(await fetch(`${url}/-/ready`).then(
      (response) => response.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('Prometheus did not start');
    await delay(100);
  }
  for (let from = how === 'written' ? past.days : 0; from > 0; from--)
    await write(url, writeRequest(series.map((one) => samplesOf(one, past, { from, to: from - 1 }))));
  return { url, stop: () => stop(child, directory) };
}

async function write(url: string, body: Buffer): Promise<void> {
  const headers = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' };
  const response = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body: new Uint8Array(body) });
  if (!response.ok) throw new Error(`remote write: ${response.status} ${await response.text()}`);
}

interface Part {
  readonly from: number;
  readonly to: number;
}

interface Samples extends PastSeries {
  /** Seconds since 1970, value. */
  readonly samples: readonly (readonly [number, number])[];
}

function samplesOf(one: PastSeries, { endSeconds, everySeconds }: Past, { from, to }: Part): Samples {
  const samples: [number, number][] = [];
  const [first, last] = [from, to].map((days) => Math.round((days * DAY_SECONDS) / everySeconds));
  for (let index = first; to === 0 ? index >= last : index > last; index--) {
    const value = one.at((index * everySeconds) / DAY_SECONDS);
    if (value !== null) samples.push([endSeconds - index * everySeconds, value]);
  }
  return { ...one, samples };
}

function openMetrics(series: readonly PastSeries[], past: Past, part: Part): string {
  const lines: string[] = [];
  let last = '';
  for (const one of [...series].sort((a, b) => (a.metric < b.metric ? -1 : 1))) {
    const { metric } = one;
    const type = metric.endsWith('_total') ? 'counter' : 'gauge';
    if (metric !== last) lines.push(`# TYPE ${metric.replace(/_total$/, '')} ${type}`);
    last = metric;
    const labels = Object.entries(one.labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    for (const [at, value] of samplesOf(one, past, part).samples)
      lines.push(`${metric}{${labels.join(',')}} ${value} ${at}`);
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

/** prometheus.WriteRequest (prompb/remote.proto, types.proto) as a snappy block of literals. */
function writeRequest(series: readonly Samples[]): Buffer {
  const message = Buffer.concat(
    series.map(({ metric, labels, samples }) => {
      // Without a label that is empty; sorted, as Prometheus wants them.
      const named = Object.entries({ __name__: metric, ...labels }).filter(([, value]) => value !== '');
      named.sort(([a], [b]) => (a < b ? -1 : 1));
      const pairs = named.map(([name, value]) =>
        field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))])),
      );
      const points = samples.map(([at, value]) => {
        const double = Buffer.alloc(9, 0x09);
        double.writeDoubleLE(value, 1);
        return field(2, Buffer.concat([double, Buffer.of(0x10), varint(at * 1000)]));
      });
      return samples.length === 0 ? Buffer.alloc(0) : field(1, Buffer.concat([...pairs, ...points]));
    }),
  );
  const parts = [varint(message.length)];
  for (let at = 0; at < message.length; at += 65_536) {
    const piece = message.subarray(at, at + 65_536);
    const head = Buffer.of(61 << 2, 0, 0);
    head.writeUInt16LE(piece.length - 1, 1);
    parts.push(head, piece);
  }
  return Buffer.concat(parts);
}

function field(number: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of((number << 3) | 2), varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.of(...bytes, rest);
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  rmSync(directory, { recursive: true, force: true });
}
