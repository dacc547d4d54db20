/** From a request to an answer of the fake API server: faults first, then who may, then what. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Access } from './access.ts';
import { ResponseBody } from './body.ts';
import type { Counters, SeenRequest } from './counters.ts';
import type { FaultAction, Faults } from './faults.ts';
import { shapeOf } from './faults.ts';
import { freshContinue, listPage, listParts } from './list.ts';
import type { Listener } from './listener.ts';
import type { RequestInfo, ResourceType } from './resources.ts';
import { requestInfo } from './resources.ts';
import type { Status } from './status.ts';
import { ApiError, continueTooOld, FAULT_STATUS, failure, notFound, tooOld } from './status.ts';
import type { ObjectStore } from './store.ts';
import { line, type WatchHub } from './watch.ts';
import { write } from './writes.ts';

export interface Parts {
  readonly resources: readonly ResourceType[];
  readonly store: ObjectStore;
  readonly watches: WatchHub;
  readonly faults: Faults;
  readonly access: Access;
  readonly counters: Counters;
  readonly listener: Listener;
  readonly now: () => number;
  /** How long a list waits for a version that is not there yet. */
  readonly freshnessMs: number;
  /** Bodies of at least this size are compressed for who accepts it. */
  readonly gzipFromBytes: number;
}

interface Exchange {
  readonly info: RequestInfo;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly seen: SeenRequest;
  readonly actions: readonly FaultAction[];
}

export async function handle(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const info = requestInfo(parts.resources, request);
  const connection = parts.listener.connectionNumber(request.socket.remotePort);
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const seen = parts.counters.arrived(info, connection, token);
  const exchange = { info, request, response, seen, actions: parts.faults.take(info) };
  response.on('error', () => {});
  response.setHeader('date', new Date(parts.now()).toUTCString());
  try {
    if (await faulted(parts, exchange)) return;
    parts.access.check(request, info);
    await answer(parts, exchange);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    sendStatus(parts, exchange, error.status);
  }
}

/** True when a fault has taken the request over. */
async function faulted(parts: Parts, exchange: Exchange): Promise<boolean> {
  for (const action of exchange.actions) {
    if (action.kind === 'stall') return true;
    if (action.kind === 'delay') await pause(action.ms, undefined, { ref: false });
    if (action.kind === 'status') {
      const [reason, message] = FAULT_STATUS[action.code] ?? ['InternalError', 'switched on by the test'];
      const details =
        action.retryAfterSeconds === undefined ? undefined : { retryAfterSeconds: action.retryAfterSeconds };
      const status = failure(action.code, reason, action.message ?? message, details);
      sendStatus(parts, exchange, status, action.body);
      return true;
    }
    if (action.kind === 'expired') {
      expire(parts, exchange, action.shape);
      return true;
    }
  }
  return false;
}

function expire(parts: Parts, exchange: Exchange, shape: 'event' | 'http' | 'continue'): void {
  const { query } = exchange.info;
  const asked = Number(query.get('resourceVersion') ?? 0);
  const error = tooOld(asked, parts.store.resourceVersion);
  if (shape === 'http') sendStatus(parts, exchange, error.status);
  else if (shape === 'continue') {
    sendStatus(parts, exchange, continueTooOld(freshContinue(query.get('continue')!)).status);
  } else {
    const body = begin(parts, exchange, 200);
    body.write(line('ERROR', error.status));
    body.finish('end');
  }
}

async function answer(parts: Parts, exchange: Exchange): Promise<void> {
  const { info, request } = exchange;
  const { type, verb } = info;
  if (type === undefined) throw unknownPath(info);
  if (verb === 'other')
    throw new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  if (verb === 'watch') {
    const matches = parts.watches.prepare(info);
    parts.watches.start(info, matches, begin(parts, exchange, 200));
  } else if (verb === 'list') {
    const page = await listPage(info, parts.store, parts.freshnessMs);
    await sendWhole(parts, exchange, 200, listParts(type, page, request.headers.accept));
  } else if (verb === 'get') {
    const object = parts.store.get(type, info.namespace, info.name!);
    if (object === undefined) throw notFound(type, info.name!);
    await sendWhole(parts, exchange, 200, [jsonLine(object)]);
  } else {
    const { code, object } = await write(info, request, parts.store);
    await sendWhole(parts, exchange, code, [jsonLine(object)]);
  }
}

const unknownPath = ({ resource }: RequestInfo): ApiError =>
  new ApiError(
    404,
    'NotFound',
    'the server could not find the requested resource',
    resource === '' ? {} : { kind: resource },
  );

async function sendWhole(parts: Parts, exchange: Exchange, code: number, body: Iterable<Buffer>): Promise<void> {
  const accepted = /\bgzip\b/.test(String(exchange.request.headers['accept-encoding'] ?? ''));
  const bytes = accepted ? Buffer.concat([...body]) : undefined;
  if (bytes !== undefined && bytes.length >= parts.gzipFromBytes) {
    exchange.response.setHeader('Content-Encoding', 'gzip');
    exchange.response.setHeader('Vary', 'Accept-Encoding');
    await begin(parts, exchange, code).writeAll([gzipSync(bytes, { level: 1 })]);
  } else await begin(parts, exchange, code).writeAll(bytes === undefined ? body : [bytes]);
}

function sendStatus(parts: Parts, exchange: Exchange, status: Status, as: 'status' | 'text' = 'status'): void {
  const { response } = exchange;
  const { retryAfterSeconds } = status.details ?? {};
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(retryAfterSeconds));
  if (as === 'text') response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  const bytes = as === 'text' ? Buffer.from(`${status.message}\n`) : jsonLine(status);
  void begin(parts, exchange, status.code).writeAll([bytes]);
}

/** Headers go out at once, also those of a watch that has nothing to say yet. */
function begin(parts: Parts, { response, request, seen, actions }: Exchange, code: number): ResponseBody {
  const { remotePort } = request.socket;
  response.sendDate = false;
  response.setHeader('Date', new Date(parts.now()).toUTCString());
  response.setHeader('Audit-Id', randomUUID());
  response.setHeader('Cache-Control', 'no-cache, private');
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'application/json');
  response.writeHead(code);
  response.flushHeaders();
  parts.counters.answered(seen, code);
  return new ResponseBody(response, shapeOf(actions), () => parts.listener.reset(remotePort));
}

const jsonLine = (object: object): Buffer => Buffer.from(`${JSON.stringify(object)}\n`);
