import type { Express, Request, RequestHandler } from 'express';
import type { Logger } from '../contract/unit.ts';
import { createApplication, healthy } from './application.ts';
import type { EventStreams } from './events.ts';
import { sendText } from './guard.ts';
import { incidentsRoutes } from './incidents-routes.ts';
import { readUpstreamsQuery } from './upstreams-query.ts';
import type { StatusSource } from './views.ts';

const REFRESH_SECONDS = 5;

export interface PageAppOptions {
  readonly guard: RequestHandler;
  readonly source: StatusSource;
  /** Where the metrics listener is bound, for the link. */
  readonly metricsAddress: () => string | null;
  /** Keeps open pages up to date. */
  readonly events: EventStreams;
  readonly log: Logger;
}

/** What the page listener serves: the page, its data as JSON, and a health check. */
export function createPageApp({ guard, source, metricsAddress, events, log }: PageAppOptions): Express {
  const status: RequestHandler = (_request, response) => {
    response.type('application/json').end(JSON.stringify(source.status()));
  };
  const upstreams: RequestHandler = (request, response) => {
    const query = readUpstreamsQuery(request.url);
    if (typeof query === 'string') return sendText(response, 400, query);
    response.type('application/json').end(JSON.stringify(source.upstreams(query)));
  };
  const page: RequestHandler = async (request, response) => {
    // Loaded when somebody looks: most pages of a fleet are never opened.
    const { readReport, renderPage } = await import('./page.ts');
    const refresh = request.url.includes('refresh=off') ? null : REFRESH_SECONDS;
    const view = { nowMs: Date.now(), refresh, metricsUrl: metricsUrl(request, metricsAddress()) };
    response.type('text/html; charset=utf-8').end(renderPage(readReport(source), view));
  };
  return createApplication(
    guard,
    [
      { path: '/', handler: 'page', method: 'GET', answer: page },
      { path: '/events', handler: 'events', method: 'GET', answer: events.answer },
      { path: '/api/v1/status', handler: 'status', method: 'GET', answer: status },
      { path: '/api/v1/upstreams', handler: 'upstreams', method: 'GET', answer: upstreams },
      ...incidentsRoutes(source),
      healthy,
    ],
    log,
  );
}

/** What /events sends to open pages. */
export async function renderEvent(source: StatusSource): Promise<string> {
  const { readReport, renderMain } = await import('./page.ts');
  return renderMain(readReport(source), Date.now());
}

/** The metrics listener at the host that the reader used. */
function metricsUrl(request: Request, address: string | null): string {
  const host = (request.headers.host ?? '127.0.0.1').replace(/:\d*$/, '');
  return `${request.protocol}://${host}:${address?.slice(address.lastIndexOf(':') + 1) ?? ''}/metrics`;
}
