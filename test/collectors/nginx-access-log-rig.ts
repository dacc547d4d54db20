import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { nginxAccessLog } from '../../src/collectors/nginx-access-log.ts';
import type { Observation } from '../../src/contract/failure.ts';
import type { Collector } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';
import { TrafficSeen } from '../support/traffic-seen.ts';

/** One nginx_access_log for each test, and what it has told. */
const createNginxAccessLog = await nginxAccessLog.load();

export interface Request {
  readonly status?: number;
  readonly time?: number;
  readonly method?: string;
  readonly addresses?: string;
  readonly statuses?: string;
  readonly connect?: string;
  readonly header?: string;
  readonly msec?: number;
}

/** A line of format `badgateway`. */
export function line(request: Request = {}): string {
  const { status = 200, time = 0.02, method = 'GET', msec = 1_790_000_000.5 } = request;
  const { addresses = '10.0.0.1:80', statuses = String(status), connect = '0.001', header = '0.010' } = request;
  return `${msec.toFixed(3)} 7 ${status} ${time.toFixed(3)} ${method} 100 250 "${addresses}" "${statuses}" "${connect}" "${header}" "${header}" "-"\n`;
}
export const combined = (status: number) =>
  `192.0.2.1 - - [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" ${status} 11 "-" "x"`;
export const cri = (stream: string, text: string) => `2026-11-21T10:00:00.000000000Z ${stream} F ${text}\n`;

export let directory: string;
export let collector: Collector;
export let registry: MetricRegistry;
export let seen: Observation[];
export let present: string[];
export let traffic: TrafficSeen;

export async function start(config: object, now = Date.now): Promise<void> {
  registry = new MetricRegistry({ now: Date.now });
  seen = [];
  present = [];
  traffic = new TrafficSeen();
  const context = testContext(registry.writers(nginxAccessLog.metrics), {
    sink: {
      present: (_, { gateway }, source) => void present.push(`${gateway} ${source}`),
      observe: (one) => void seen.push(one),
    },
    // No process: the nginx of other tests would be found too.
    clock: { now },
    ...{ traffic, paths: { proc: join(directory, 'proc'), root: directory } },
  });
  collector = createNginxAccessLog(nginxAccessLog.schema.parse({ start_at: 'beginning', ...config }), context);
  await collector.start?.();
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    collector.flush?.();
    if (condition()) return;
    assert.ok(Date.now() < deadline, JSON.stringify([traffic.answers, seen]));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function write(name: string, text: string): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

export const sumOf = (sums: Record<string, number>) => Object.values(sums).reduce((sum, count) => sum + count, 0);
export const lines = (subject: object, result: string) =>
  registry.get('badgateway_nginx_access_log_lines_total')?.value({
    ...{ namespace: '', pod: '', container: '', gateway: 'edge', result },
    ...subject,
  });

/** Follows one file with these lines to its end. */
export async function read(...all: Request[]): Promise<void> {
  const path = write('access.log', all.map((one) => line(one)).join(''));
  await start({ files: [{ path, gateway: 'edge', format: 'badgateway' }] });
  await until(() => sumOf(traffic.answers) === all.length);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'badgateway-access-'));
});
afterEach(async () => {
  await collector.stop?.();
  rmSync(directory, { recursive: true });
});
