import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import express from 'express';
import type { Logger } from '../contract/unit.ts';
import { markHandler, sendText } from './guard.ts';
import type { Handler } from './http-metrics.ts';

export interface Route {
  readonly path: string;
  readonly handler: Handler;
  readonly method: 'GET' | 'POST';
  readonly answer: RequestHandler;
}

/** An express application of exactly these routes: 405 for other methods, 404 with the list, 500 without a stack. */
export function createApplication(guard: RequestHandler, routes: readonly Route[], log: Logger): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false).set('strict routing', true);
  app.use(guard);
  for (const { path, handler, method, answer } of routes) {
    app.route(path).all((request, response, next) => {
      markHandler(response, handler);
      if (request.method === method || (method === 'GET' && request.method === 'HEAD'))
        return answer(request, response, next);
      response.set('Allow', method === 'GET' ? 'GET, HEAD' : method);
      return sendText(response, 405, `Method not allowed: use ${method} ${path}`);
    });
  }
  const known = routes.map(({ path, method }) => `  ${method} ${path}`).join('\n');
  app.use((_request, response) => sendText(response, 404, `Not found. There is:\n${known}`));
  app.use(answerError(log));
  return app;
}

export const healthy: Route = {
  path: '/-/healthy',
  handler: 'healthy',
  method: 'GET',
  answer: (_request, response) => sendText(response, 200, 'badgateway is healthy.'),
};

function answerError(log: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: Error, request, response, _next) => {
    log.error({ path: request.path.slice(0, 100), error: error.message }, 'request failed');
    if (response.headersSent) response.destroy();
    else sendText(response, 500, 'Internal error; the log has the reason.');
  };
}
