import type { RequestHandler, Response } from 'express';
import type { Logger } from '../contract/unit.ts';
import { sendText } from './guard.ts';
import type { HttpWriters } from './http-metrics.ts';

const MOST_STREAMS = 20;
/** Between two looks; longer where a look is dear. */
const LOOK_MS = 1_000;
/** Sent at least so often: a silent stream is a lost one. Less than the listener's time for silence. */
const HEARTBEAT_MS = 15_000;
/** Looks may take this part of one core. */
const CPU_SHARE = 0.05;
/** Ages and durations are no change. */
const VOLATILE = /<(time|data)\b[^>]*>[^<]*<\/\1>|data-now="\d+"/g;

export interface EventStreamsOptions {
  /** The main part of the page as it is now. */
  readonly render: () => Promise<string>;
  readonly writers: HttpWriters;
  readonly log: Logger;
}

/** Keeps open pages up to date by server-sent events: looks once a second while somebody watches, else does nothing. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #streams = new Set<Response>();
  /** They have not got the last event: new ones, and those that had not taken the one before. */
  readonly #behind = new Set<Response>();
  #timer: NodeJS.Timeout | undefined;
  #last = '';
  #sentMs = 0;
  #closed = false;
  #failing = false;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  /** Answers GET /events. */
  readonly answer: RequestHandler = (request, response) => {
    const { writers } = this.#options;
    // Another site's page could read nothing, but it could take all the streams there are.
    if (request.headers['sec-fetch-site'] === 'cross-site') return sendText(response, 403, 'Not for other sites.');
    if (this.#closed || this.#streams.size >= MOST_STREAMS) {
      writers.eventStreamsRefused.inc({});
      return sendText(response.set('Retry-After', '10'), 503, 'Too many pages are open: at most 20 are kept live.');
    }
    response.type('text/event-stream; charset=utf-8').set('X-Accel-Buffering', 'no');
    if (request.method === 'HEAD') return void response.end();
    response.flushHeaders();
    response.write('retry: 2000\n\n');
    this.#streams.add(response);
    this.#behind.add(response);
    writers.eventStreams.set({}, this.#streams.size);
    response.once('close', () => {
      this.#streams.delete(response);
      this.#behind.delete(response);
      writers.eventStreams.set({}, this.#streams.size);
    });
    this.#timer ??= setTimeout(() => this.#look(), 0);
  };

  /** Ends all streams, and takes no more: before the listener closes. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const stream of this.#streams) stream.end();
  }

  async #look(): Promise<void> {
    const startedMs = performance.now();
    try {
      this.#send(await this.#options.render(), startedMs);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#options.log.error({ error: (error as Error).message }, 'the page cannot be rendered');
      this.#failing = true;
    }
    const tookMs = performance.now() - startedMs;
    this.#timer = undefined;
    if (this.#closed || this.#streams.size === 0) return;
    this.#timer = setTimeout(() => this.#look(), Math.max(LOOK_MS, tookMs / CPU_SHARE));
  }

  #send(main: string, nowMs: number): void {
    const lasting = main.replace(VOLATILE, '');
    const isDue = lasting !== this.#last || nowMs - this.#sentMs >= HEARTBEAT_MS;
    const readers = isDue ? this.#streams : this.#behind;
    if (isDue) this.#sentMs = nowMs;
    this.#last = lasting;
    if (readers.size === 0) return;
    const event = Buffer.from(`event: main\n${main.replace(/^/gm, 'data: ')}\n\n`);
    for (const stream of [...readers]) {
      // A reader who has not taken the last one gets none on top of it: a later one holds all.
      if (stream.writableLength > 0) this.#behind.add(stream);
      else if (this.#behind.delete(stream) || isDue) stream.write(event);
    }
  }
}
