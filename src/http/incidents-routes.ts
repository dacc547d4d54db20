import type { RequestHandler } from 'express';
import type { Route } from './application.ts';
import { sendText } from './guard.ts';
import { readIncidentsQuery } from './incidents-query.ts';
import type { StatusSource } from './views.ts';

const ID = /^i[0-9a-f]{12}$/;

/** The incidents as JSON, all of them and each by its id. */
export function incidentsRoutes(source: StatusSource): Route[] {
  const list: RequestHandler = (request, response) => {
    const query = readIncidentsQuery(request.url, Date.now());
    if (typeof query === 'string') return sendText(response, 400, query);
    response.type('application/json').end(JSON.stringify(source.incidents(query)));
  };
  const one: RequestHandler = (request, response) => {
    const id = String(request.params.id);
    if (!ID.test(id)) return sendText(response, 404, 'No incident has such an id: it is i and 12 hexadecimal digits.');
    const incident = source.incident(id);
    if (incident === undefined)
      return sendText(
        response,
        404,
        `No incident ${id}: it never was, or was forgotten. /api/v1/incidents has those that are known.`,
      );
    response.type('application/json').end(JSON.stringify(incident));
  };
  return [
    { path: '/api/v1/incidents', handler: 'incidents', method: 'GET', answer: list },
    { path: '/api/v1/incidents/:id', handler: 'incidents', method: 'GET', answer: one },
  ];
}
