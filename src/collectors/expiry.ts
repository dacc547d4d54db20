import * as z from 'zod';
import { gauge, type MetricTable, SUBJECT_LABELS, type Subject } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { type Collector, type CollectorContext, defineCollector, type Outcome, type Target } from '../contract/unit.ts';
import { certificateExpiry } from '../parse/certificate-expiry.ts';
import { tokenExpiry } from '../parse/token-expiry.ts';
import { readSmallFile } from '../sources/small-file.ts';

const file = z.union([
  z
    .string()
    .startsWith('/', 'must be an absolute path')
    .max(4096)
    .transform((path) => ({ path })),
  z.strictObject({
    path: z.string().startsWith('/', 'must be an absolute path').max(4096),
    name: z.string().min(1).max(128).optional().describe('Value of the name label; default: the path'),
    gateway: z
      .string()
      .max(253)
      .optional()
      .describe('The gateway that needs it; without, its expiry is no condition of a gateway'),
  }),
]);

const schema = unitSchema(
  { enabled: true, interval: '1m' },
  {
    tokens: z
      .array(file)
      .max(64)
      .default([])
      .describe('Files with a JSON Web Token that were mounted for this; only its exp is read'),
    certificates: z
      .array(file)
      .max(256)
      .default([])
      .describe('PEM files with certificates; the earliest expiry counts'),
    own_token: z.boolean().default(true).describe('Watch the own service account token, where there is one'),
  },
);

const metrics = {
  token: gauge('badgateway_token_expiry_timestamp_seconds', 'When a token expires.', [...SUBJECT_LABELS, 'name']),
  certificate: gauge(
    'badgateway_certificate_expiry_timestamp_seconds',
    'When a certificate expires; the earliest one of that name.',
    [...SUBJECT_LABELS, 'name'],
  ),
} as const satisfies MetricTable;

type Config = z.output<typeof schema>;
type Watched = Config['tokens'][number] & { readonly name?: string | undefined; readonly gateway?: string | undefined };
type Kind = keyof typeof metrics;

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
class ExpiryCollector implements Collector {
  readonly #config: Config;
  readonly #context: CollectorContext<typeof metrics>;
  #found: readonly Found[] = [];

  constructor(config: Config, context: CollectorContext<typeof metrics>) {
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

/** Tokens and certificates from files. Envoy's own certificates come from its admin interface. */
export const expiry = defineCollector({
  name: 'expiry',
  summary: 'When tokens and certificates in files expire',
  schema,
  metrics,
  create: (config, context) => new ExpiryCollector(config, context),
});
