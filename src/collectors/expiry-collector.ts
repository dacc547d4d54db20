import type { Subject } from '../contract/metrics.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { certificateExpiry } from '../parse/certificate-expiry.ts';
import { tokenExpiry } from '../parse/token-expiry.ts';
import { readSmallFile } from '../sources/small-file.ts';
import type { ExpiryConfig, ExpiryMetrics } from './expiry.ts';

type Watched = ExpiryConfig['tokens'][number] & {
  readonly name?: string | undefined;
  readonly gateway?: string | undefined;
};

type Kind = keyof ExpiryMetrics;

const OWN_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

const LARGEST = { token: 65_536, certificate: 1024 * 1024 } as const;

const CONDITION = { token: 'token_expired', certificate: 'certificate_expired' } as const;

const READ = { token: tokenExpiry, certificate: certificateExpiry } as const;

const NOTHING = { token: 'no JSON Web Token with an exp', certificate: 'no certificate' } as const;

interface Found {
  readonly kind: Kind;
  readonly subject: Subject;
  readonly name: string;
  readonly hasGateway: boolean;
  readonly state: Target['state'];
  readonly detail: string;
  /** Milliseconds since the epoch; null: not known. */
  readonly expiresMs: number | null;
}

/** Reads files that were named for it and says when what is in them expires. */
export class ExpiryCollector implements Collector {
  readonly #config: ExpiryConfig;
  readonly #context: CollectorContext<ExpiryMetrics>;
  #found: readonly Found[] = [];

  constructor(config: ExpiryConfig, context: CollectorContext<ExpiryMetrics>) {
    this.#config = config;
    this.#context = context;
  }

  async poll(): Promise<Outcome> {
    const { tokens, certificates, own_token: own } = this.#config;
    const ownPath = `${this.#context.paths.root}${OWN_TOKEN}`;
    const found = await Promise.all([
      ...tokens.map((one) => this.#read('token', one)),
      ...certificates.map((one) => this.#read('certificate', one)),
      ...(own ? [this.#read('token', { path: ownPath, name: 'badgateway' })] : []),
    ]);
    // The own token is no news where there is no cluster.
    this.#publish(found.filter(({ name, state }) => name !== 'badgateway' || state !== 'absent'));
    return this.#conclude();
  }

  stop(): void {
    this.#publish([]);
  }

  targets(): readonly Target[] {
    return this.#found.map(({ name, state, detail }) => ({ name, state, detail }));
  }

  async #read(kind: Kind, { path, name, gateway }: Watched): Promise<Found> {
    const subject = { namespace: '', pod: '', container: '', gateway: gateway ?? '' };
    const about = { kind, subject, name: name ?? path, hasGateway: gateway !== undefined };
    try {
      const text = await readSmallFile(path, LARGEST[kind]);
      if (text === null) return { ...about, state: 'absent', detail: `${path} does not exist`, expiresMs: null };
      const expiresMs = READ[kind](text);
      if (expiresMs === null) return { ...about, state: 'failed', detail: `${path} has ${NOTHING[kind]}`, expiresMs };
      return { ...about, state: 'ok', detail: `expires ${new Date(expiresMs).toISOString()}`, expiresMs };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const state = code === 'EACCES' || code === 'EPERM' ? 'not_permitted' : 'failed';
      return { ...about, state, detail: message, expiresMs: null };
    }
  }

  #publish(found: readonly Found[]): void {
    const { metrics: writers, conditions, clock } = this.#context;
    for (const { kind, subject, name } of this.#found) writers[kind].remove({ ...subject, name });
    this.#found = found;
    for (const { kind, subject, name, expiresMs } of found)
      if (expiresMs !== null) writers[kind].set({ ...subject, name }, expiresMs / 1000);
    const nowMs = clock.now();
    const gateways = Map.groupBy(
      found.filter(({ hasGateway }) => hasGateway),
      ({ kind, subject }) => `${kind} ${subject.gateway}`,
    );
    for (const group of gateways.values()) {
      const [{ kind, subject }] = group;
      const expired = group.filter(({ expiresMs }) => expiresMs !== null && expiresMs <= nowMs);
      const isKnown = expired.length > 0 || group.every(({ expiresMs }) => expiresMs !== null);
      conditions.condition({
        ...{ condition: CONDITION[kind], subject, isActive: isKnown ? expired.length > 0 : null },
        evidence: expired.map(({ name, detail }) => `${name} ${detail.replace('expires', 'expired')}`).join('; '),
      });
    }
  }

  #conclude(): Outcome {
    const read = this.#found.filter(({ state }) => state === 'ok').length;
    const wrong = this.#found.find(({ state }) => state === 'failed' || state === 'not_permitted');
    if (read > 0) {
      const detail = `${read} of ${this.#found.length} files`;
      return { state: 'ok', detail: wrong === undefined ? detail : `${detail}; ${wrong.detail}` };
    }
    if (wrong?.state === 'failed') throw new Error(wrong.detail);
    if (wrong !== undefined) return { state: 'not_permitted', detail: wrong.detail };
    const [missing] = this.#found;
    return { state: 'absent', detail: missing?.detail ?? 'no files; set collectors.expiry.tokens or certificates' };
  }
}
