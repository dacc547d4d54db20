import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { AuthFailure } from './http-metrics.ts';

const CACHED = 128;
const WAITING = 16;
const LONGEST_HEADER = 4096;
/** A password test runs on the event loop: after each, others get at least this many times its duration. */
const REST_FACTOR = 3;
const LONGEST_REST_MS = 500;

export type Compare = (password: string, hash: string) => Promise<boolean>;
/** Loaded with the first password: most processes have none. */
const compareByBcrypt: Compare = async (password, hash) => (await import('bcryptjs')).default.compare(password, hash);

export type AuthResult = 'ok' | Exclude<AuthFailure, 'client_certificate'>;

/**
 * HTTP basic authentication against bcrypt hashes. A result is kept under a keyed hash of (user, hash, password), so a
 * scrape costs microseconds and no password stays in memory. Tests of unknown pairs run one at a time and bounded.
 */
export class BasicAuth {
  private key: Buffer | undefined;
  // Two caches: a flood of wrong passwords must not evict the right one.
  private readonly accepted = new Map<string, true>();
  private readonly refused = new Map<string, true>();
  private readonly running = new Map<string, Promise<boolean>>();
  private queue: Promise<unknown> = Promise.resolve();
  private readonly compare: Compare;

  constructor(compare: Compare = compareByBcrypt) {
    this.compare = compare;
  }

  async check(users: ReadonlyMap<string, string>, authorization: string | undefined): Promise<AuthResult> {
    const credentials = readCredentials(authorization);
    if (credentials === null) return 'missing';
    const { user, password } = credentials;
    const known = users.get(user);
    // An unknown user costs as much as a known one, so that timing does not tell names.
    const hash = known ?? (users.values().next().value as string);
    const right = await this.test(this.cacheKey(known === undefined ? '' : user, hash, password), password, hash);
    if (right === null) return 'busy';
    if (known === undefined) return 'unknown_user';
    return right ? 'ok' : 'wrong_password';
  }

  /** Null when too many tests wait. */
  private async test(key: string, password: string, hash: string): Promise<boolean | null> {
    if (this.accepted.has(key)) return true;
    if (this.refused.has(key)) return false;
    const running = this.running.get(key);
    if (running !== undefined) return running;
    if (this.running.size >= WAITING) return null;
    let startedMs = 0;
    const result = this.queue.then(() => {
      startedMs = performance.now();
      return this.compare(password, hash);
    });
    this.running.set(key, result);
    const rest = (): Promise<void> =>
      wait(Math.min(LONGEST_REST_MS, (performance.now() - startedMs) * REST_FACTOR), undefined, { ref: false });
    this.queue = result.then(rest, rest);
    try {
      const right = await result;
      remember(right ? this.accepted : this.refused, key);
      return right;
    } finally {
      this.running.delete(key);
    }
  }

  private cacheKey(...parts: readonly string[]): string {
    this.key ??= randomBytes(32);
    return createHmac('sha256', this.key).update(JSON.stringify(parts)).digest('base64');
  }
}

function remember(cache: Map<string, true>, key: string): void {
  cache.set(key, true);
  if (cache.size > CACHED) cache.delete(cache.keys().next().value as string);
}

function readCredentials(authorization: string | undefined): { user: string; password: string } | null {
  if (authorization === undefined || authorization.length > LONGEST_HEADER) return null;
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
