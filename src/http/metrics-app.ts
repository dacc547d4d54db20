import { createGzip } from 'node:zlib';
import type { Express, RequestHandler } from 'express';
import type { Logger } from '../contract/unit.ts';
import { CONTENT_TYPES } from '../metrics/registry.ts';
import { createApplication, healthy } from './application.ts';
import { RELOAD_FLAG } from './flags.ts';
import { sendText } from './guard.ts';
import { acceptsGzip, chooseFormat, scraperOf } from './negotiation.ts';
import { sendParts } from './send-parts.ts';
import type { MetricsSource, ReloadResult } from './views.ts';

export interface MetricsAppOptions {
  readonly guard: RequestHandler;
  readonly source: MetricsSource;
  /** Absent: POST /-/reload is off. */
  readonly reload?: (() => Promise<ReloadResult>) | undefined;
  readonly log: Logger;
}

/** What the metrics listener serves: /metrics and /-/*. */
export function createMetricsApp({ guard, source, reload, log }: MetricsAppOptions): Express {
  return createApplication(
    guard,
    [
      { path: '/metrics', handler: 'metrics', method: 'GET', answer: metrics(source) },
      healthy,
      { path: '/-/ready', handler: 'ready', method: 'GET', answer: ready(source) },
      { path: '/-/reload', handler: 'reload', method: 'POST', answer: runReload(reload) },
    ],
    log,
  );
}

function metrics(source: MetricsSource): RequestHandler {
  return async (request, response) => {
    const behind = source.catchingUp();
    if (behind !== null) return sendText(response.set('Retry-After', '1'), 503, `Catching up: ${behind}`);
    const format = chooseFormat(request.headers.accept);
    const compressed = acceptsGzip(request.headers['accept-encoding'] as string | undefined);
    response.set('Vary', 'Accept, Accept-Encoding').set('Content-Type', CONTENT_TYPES[format]);
    if (request.method === 'HEAD') {
      // A HEAD reads no value: rendering would tell the registry that this scraper has seen every 0.
      if (compressed) response.set('Content-Encoding', 'gzip');
      return void response.end();
    }
    const page = await source.render(format, scraperOf(request));
    const parts = compressed ? [await compress(page.parts)] : page.parts;
    if (compressed) page.release();
    else response.once('close', () => page.release());
    if (compressed) response.set('Content-Encoding', 'gzip');
    response.setHeader('Content-Type', page.contentType);
    sendParts(response, parts);
  };
}

async function compress(parts: readonly Uint8Array[]): Promise<Buffer> {
  const stream = createGzip({ level: 1 });
  for (const part of parts) stream.write(part);
  return Buffer.concat(await stream.end().toArray());
}

function ready(source: MetricsSource): RequestHandler {
  return (_request, response) => {
    const state = source.ready();
    if (state.ready) sendText(response, 200, 'badgateway is ready.');
    else sendText(response, 503, `badgateway is not ready: ${state.reason}`);
  };
}

function runReload(reload: MetricsAppOptions['reload']): RequestHandler {
  return async (request, response) => {
    if (reload === undefined)
      return sendText(response, 403, `Reload by HTTP is off. Start badgateway with ${RELOAD_FLAG}.`);
    // Only browsers send Origin: no web page may make its visitor reload us.
    if (request.headers.origin !== undefined) return sendText(response, 403, 'Reload is not for browsers.');
    const { ok, message } = await reload();
    sendText(response, ok ? 200 : 500, message);
  };
}
