import type { ServerInUse, UpstreamInUse } from '../contract/upstream.ts';
import { EnvoyParseError } from './envoy-json.ts';

/** The answer is not what this API answers. The message says where, never what stands there. */
export class UpstreamAnswerError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'UpstreamAnswerError';
  }
}

/** Why an upstream of an answer was left out: a closed set for a metric. */
export const UPSTREAM_SKIPS = ['invalid', 'duplicate', 'limit'] as const;
export type UpstreamSkip = (typeof UPSTREAM_SKIPS)[number];

export interface UpstreamAnswer {
  readonly upstreams: ReadonlyMap<string, UpstreamInUse>;
  readonly skipped: Readonly<Record<UpstreamSkip, number>>;
}

export const MOST_UPSTREAMS = 50_000;
export const MOST_SERVERS = 500_000;
const NAME = /^[^\x00-\x1f\x7f]{1,1024}$/;

/**
 * The upstreams of one answer, within limits. One that cannot be kept whole is left out: half of its servers would look as
 * if the others were missing. One that is as before is the same object as before.
 */
export class UpstreamList implements UpstreamAnswer {
  readonly upstreams = new Map<string, UpstreamInUse>();
  readonly skipped: Record<UpstreamSkip, number> = { invalid: 0, duplicate: 0, limit: 0 };
  readonly #known: ReadonlyMap<string, UpstreamInUse>;
  #servers = 0;

  constructor(known: ReadonlyMap<string, UpstreamInUse>) {
    this.#known = known;
  }

  hasRoomFor(servers: number): boolean {
    return this.#servers + servers <= MOST_SERVERS;
  }

  /** Of two with the same name the last counts. `servers` null: they could not all be read. */
  add(name: string, servers: readonly ServerInUse[] | null): void {
    if (servers === null || !NAME.test(name)) return void this.skip('invalid');
    const other = this.upstreams.get(name);
    if (other !== undefined) {
      this.skip('duplicate');
      this.#servers -= other.servers.length;
      this.upstreams.delete(name);
    }
    if (this.upstreams.size === MOST_UPSTREAMS || !this.hasRoomFor(servers.length)) return void this.skip('limit');
    this.#servers += servers.length;
    const known = this.#known.get(name);
    this.upstreams.set(name, known && isSame(known.servers, servers) ? known : { name, alias: '', servers });
  }

  skip(reason: UpstreamSkip): void {
    this.skipped[reason]++;
  }
}

function isSame(before: readonly ServerInUse[], after: readonly ServerInUse[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ kind, host, port, isDraining }, at) => {
      const other = after[at];
      return kind === other.kind && host === other.host && port === other.port && isDraining === other.isDraining;
    })
  );
}

/** Runs a step of a `JsonStream`, whose own errors speak of Envoy. */
export function readJson(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (error instanceof EnvoyParseError)
      throw new UpstreamAnswerError(`not JSON as expected: ${error.message.replace(/^Envoy answer: /, '')}`, error);
    throw error;
  }
}
