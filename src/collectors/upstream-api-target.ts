import type { Subject } from '../contract/metrics.ts';
import type { CollectorState } from '../contract/names.ts';
import type { Clock } from '../contract/unit.ts';
import type { UpstreamInUse, UpstreamSink, UpstreamSource } from '../contract/upstream.ts';
import { UpstreamAnswerError } from '../parse/upstream-answer.ts';
import { type Base, type GetFailure, get, HttpGetError } from '../sources/http-get.ts';

/** Values of `reason` of a failed poll. */
export type PollFailure = Exclude<GetFailure, 'aborted'> | 'malformed' | 'not_ready';

/** It answers, but has nothing to say yet. */
export class NotReadyError extends Error {}

export interface UpstreamReading {
  /** The same array as before when nothing has changed. */
  readonly upstreams: readonly UpstreamInUse[];
  /** One sentence for the page. */
  readonly detail: string;
}

/** How the API of one gateway is read, and what is shown of it beside its upstreams. */
export interface UpstreamReader {
  read(signal: AbortSignal): Promise<UpstreamReading>;
  /** What the last reading has found. */
  show(): void;
  /** It is not known any more. */
  hide(): void;
  countFailure(reason: PollFailure): void;
}

export interface TargetOptions {
  /** For the page; no credentials. */
  readonly name: string;
  readonly subject: Subject;
  readonly source: UpstreamSource;
  readonly reader: UpstreamReader;
  readonly upstreams: UpstreamSink;
  readonly clock: Clock;
}

/** One gateway that says itself which upstreams it uses. */
export class UpstreamApiTarget {
  readonly name: string;
  readonly subject: Subject;
  state: CollectorState = 'absent';
  detail = 'not polled yet';
  /** Since when it has not been read, milliseconds since the epoch; null while it is. */
  failingSinceMs: number | null = null;
  readonly #options: TargetOptions;

  constructor(options: TargetOptions) {
    this.name = options.name;
    this.subject = options.subject;
    this.#options = options;
  }

  get #key(): string {
    return `${this.#options.source}:${this.name}`;
  }

  /** Resolves also when the gateway does not answer (see `state`): its last word ages. Rejects when cancelled or on a defect of ours. */
  async poll(signal: AbortSignal): Promise<void> {
    const { reader, clock, source, subject, upstreams: sink } = this.#options;
    const readAtMs = clock.now();
    try {
      const { upstreams, detail } = await reader.read(signal);
      reader.show();
      sink.report(this.#key, { proxy: 'nginx', subject, source, upstreams, readAtMs });
      this.failingSinceMs = null;
      this.state = 'ok';
      this.detail = `${detail} as gateway ${subject.gateway}`;
    } catch (error) {
      const reason = failureOf(error);
      if (reason === null) throw error;
      reader.hide();
      reader.countFailure(reason);
      this.failingSinceMs ??= readAtMs;
      this.state = reason === 'not_permitted' ? 'not_permitted' : 'failed';
      this.detail = describeFailure(this.name, error as Error);
    }
  }

  /** The gateway is gone: nothing more is said of it. */
  close(): void {
    this.#options.upstreams.remove(this.#key);
    this.#options.reader.hide();
  }
}

/** Null for a cancelled poll or a defect of ours. */
export function failureOf(error: unknown): PollFailure | null {
  if (error instanceof UpstreamAnswerError) return 'malformed';
  if (error instanceof NotReadyError) return 'not_ready';
  return error instanceof HttpGetError && error.reason !== 'aborted' ? error.reason : null;
}

/** Errors of the exchange name the place themselves. */
export function describeFailure(name: string, error: Error): string {
  return error instanceof HttpGetError ? error.message : `${name}: ${error.message}`;
}

export interface BodyRequest {
  readonly base: Base;
  readonly path: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** The body of one GET, in the pieces that came. */
export async function getBody(request: BodyRequest): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  await get(request, (chunk) => chunks.push(chunk));
  return chunks;
}
