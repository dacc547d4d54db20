import type { Subject } from '../contract/metrics.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { earliestValidity, type Validity } from '../parse/certificate-validity.ts';
import { tokenExpiry } from '../parse/token-expiry.ts';
import { readSmallFile } from '../sources/small-file.ts';
import type { ExpiryConfig, ExpiryMetrics } from './expiry.ts';

type Watched = ExpiryConfig['tokens'][number] & {
  readonly name?: string | undefined;
  readonly gateway?: string | undefined;
};

type Kind = 'token' | 'certificate';

const OWN_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

const LARGEST = { token: 65_536, certificate: 1024 * 1024 } as const;

const CONDITION = { token: 'token_expired', certificate: 'certificate_expired' } as const;

const READ: Readonly<Record<Kind, (text: string) => Validity | null>> = {
  token(text) {
    const expiresMs = tokenExpiry(text);
    return expiresMs === null ? null : { notBeforeMs: null, expiresMs };
  },
  certificate: earliestValidity,
};

const NOTHING = { token: 'no JSON Web Token with an exp', certificate: 'no certificate' } as const;

interface Found {
  readonly kind: Kind;
  readonly subject: Subject;
  readonly name: string;
  readonly hasGateway: boolean;
  readonly state: Target['state'];
  readonly detail: string;
  /** null: not known. */
  readonly validity: Validity | null;
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
      if (text === null) return { ...about, state: 'absent', detail: `${path} does not exist`, validity: null };
      const validity = READ[kind](text);
      if (validity === null) return { ...about, state: 'failed', detail: `${path} has ${NOTHING[kind]}`, validity };
      return { ...about, state: 'ok', detail: `expires ${new Date(validity.expiresMs).toISOString()}`, validity };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const state = code === 'EACCES' || code === 'EPERM' ? 'not_permitted' : 'failed';
      return { ...about, state, detail: message, validity: null };
    }
  }

  #publish(found: readonly Found[]): void {
    const { metrics, conditions, clock } = this.#context;
    const { tokenExpiry: token, certificateExpiry: certificate, certificateNotBefore } = metrics;
    const writers = { token, certificate };
    for (const { kind, subject, name } of this.#found)
      for (const writer of [writers[kind], certificateNotBefore]) writer.remove({ ...subject, name });
    this.#found = found;
    for (const { kind, subject, name, validity } of found) {
      if (validity === null) continue;
      writers[kind].set({ ...subject, name }, validity.expiresMs / 1000);
      if (validity.notBeforeMs !== null) certificateNotBefore.set({ ...subject, name }, validity.notBeforeMs / 1000);
    }
    const nowMs = clock.now();
    const gateways = Map.groupBy(
      found.filter(({ hasGateway }) => hasGateway),
      ({ kind, subject }) => `${kind} ${subject.gateway}`,
    );
    for (const group of gateways.values()) {
      const [{ kind, subject }] = group;
      const expired = group.filter(({ validity }) => validity !== null && validity.expiresMs <= nowMs);
      const isKnown = expired.length > 0 || group.every(({ validity }) => validity !== null);
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
