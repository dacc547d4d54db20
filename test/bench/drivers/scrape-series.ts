import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import express from 'express';
import { sendParts } from '../../../src/http/send-parts.ts';
import type { Page } from '../../../src/metrics/page-buffers.ts';

/** The series that both scrape drivers serve: 4 labels as in badgateway_failures_total. */
export const LABELS = ['gateway', 'cause', 'phase', 'upstream'] as const;
export const NAME = 'badgateway_bench_attempts_total';
export const HELP = 'Failed attempts of the bench.';
/** Of all series so many change before each scrape. */
const CHANGES = 0.01;
const RESOLUTION_MS = 1;
const CAUSES = ['connection_refused', 'connect_timeout', 'response_timeout', 'premature_close', 'no_route_to_host'];
const PHASES = ['connect', 'read_header', 'read_body', 'send_request'];

export type Labels = Record<(typeof LABELS)[number], string>;

export function labelsOf(series: number): Labels {
  return {
    gateway: 'edge/nginx',
    cause: CAUSES[series % CAUSES.length],
    phase: PHASES[Math.floor(series / CAUSES.length) % PHASES.length],
    upstream: `shop-service-${Math.floor(series / (CAUSES.length * PHASES.length))}-8080`,
  };
}

interface Renderer {
  /** Adds 1 to a series. */
  readonly inc: (labels: Labels) => void;
  readonly render: () => Promise<Page | string>;
}

/** Serves /metrics with express and prints the port. */
export function serve(count: number, { inc, render }: Renderer): void {
  const all = Array.from({ length: count }, (_, i) => labelsOf(i));
  all.forEach((labels, i) => {
    for (let n = 0; n <= i % 7; n++) inc(labels);
  });
  let next = 0;
  const app = express();
  app.get('/metrics', async (_request, response) => {
    for (let i = 0; i < count * CHANGES; i++) inc(all[next++ % count]);
    const page = await render();
    response.type('text/plain; version=0.0.4');
    if (typeof page === 'string') return void response.end(page);
    response.once('close', page.release);
    sendParts(response, page.parts);
  });
  // From the first scrape on: building the series is not what is measured.
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  app.get('/figures', (_request, response) => {
    const rssMb = process.memoryUsage.rss() / 2 ** 20;
    response.json({ stallMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS), rssMb });
  });
  delay.enable();
  const server = app.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
}
