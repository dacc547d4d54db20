import * as z from 'zod';
import type { ClientAuthType, TlsVersion } from './tls-names.ts';
import { CLIENT_AUTH_TYPES, CURVES, TLS_VERSIONS, TLS12_SUITES, TLS13_SUITES } from './tls-names.ts';

/** Prometheus' exporter-toolkit file format (docs/web-configuration.md there); same keys, same defaults. */

const HEADERS = [
  'Content-Security-Policy',
  'X-Frame-Options',
  'X-Content-Type-Options',
  'X-XSS-Protection',
  'Strict-Transport-Security',
] as const;

const DURATION_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** YAML 1.1 words, which Go's parser and therefore promtool takes. */
const yamlBoolean = () =>
  z.preprocess((value) => {
    if (typeof value !== 'string') return value;
    if (/^(yes|on|y)$/i.test(value)) return true;
    return /^(no|off|n)$/i.test(value) ? false : value;
  }, z.boolean('use true or false'));

const text = () => z.string('use a text');
const scalarText = () => z.union([z.string(), z.number(), z.boolean()], 'use a text').transform(String);

function oneOf<const V extends readonly [string, ...string[]]>(values: V) {
  return z.enum(values, `use one of ${values.join(', ')}`);
}

function names(table: Readonly<Record<string, unknown>>): [string, ...string[]] {
  return Object.keys(table) as [string, ...string[]];
}

/** `time.Duration` of Go: 1s, 1m30s, 0; a bare number is nanoseconds. */
const goDurationMs = () =>
  z
    .union([z.number().transform((ns) => `${ns}ns`), z.string()], 'use a duration such as 500ms or 1s')
    .refine(
      (value) => value === '0' || /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(value),
      'use a duration such as 500ms or 1s',
    )
    .transform((value) => {
      let total = 0;
      for (const [, amount, unit] of value.matchAll(/([\d.]+)([a-zµ]+)/g)) total += Number(amount) * DURATION_MS[unit];
      return total;
    });

/** What bcryptjs can verify; `$2x$` marks hashes of a broken crypt_blowfish. */
const bcryptHash = () =>
  z
    .string('use a bcrypt hash, made for example with: htpasswd -nBC 10 "" | tr -d \':\\n\'')
    .regex(
      /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/,
      'not a bcrypt hash (60 characters, $2y$ and a cost of 04 to 31); make one with: htpasswd -nBC 10 "" | tr -d \':\\n\'',
    );

const header = () =>
  z.strictObject({
    'Content-Security-Policy': scalarText().optional(),
    'X-Frame-Options': oneOf(['deny', 'sameorigin']).optional(),
    'X-Content-Type-Options': oneOf(['nosniff']).optional(),
    'X-XSS-Protection': scalarText().optional(),
    'Strict-Transport-Security': scalarText().optional(),
  } satisfies Record<(typeof HEADERS)[number], z.ZodType>);

const tlsServer = () =>
  z.strictObject({
    cert: text().optional(),
    key: text().optional(),
    client_ca: text().optional(),
    cert_file: text().optional(),
    key_file: text().optional(),
    client_ca_file: text().optional(),
    client_auth_type: z
      .preprocess(
        (value) => (value === 'RequireClientCert' ? 'RequireAnyClientCert' : value === '' ? undefined : value),
        oneOf(CLIENT_AUTH_TYPES).optional(),
      )
      .transform((type): ClientAuthType => type ?? 'NoClientCert'),
    client_allowed_sans: z.array(text(), 'use a list of names').optional(),
    min_version: oneOf(names(TLS_VERSIONS))
      .default('TLS12')
      .transform((version) => version as TlsVersion),
    max_version: oneOf(names(TLS_VERSIONS))
      .default('TLS13')
      .transform((version) => version as TlsVersion),
    cipher_suites: z.array(oneOf([...TLS13_SUITES, ...names(TLS12_SUITES)]), 'use a list of cipher suites').default([]),
    prefer_server_cipher_suites: yamlBoolean().default(true),
    curve_preferences: z.array(oneOf(names(CURVES)), 'use a list of curves').default([]),
  });
export type TlsServerConfig = z.output<ReturnType<typeof tlsServer>>;

/** Built for each reading and not kept: most processes have no such file. */
export const webConfigSchema = () =>
  z.strictObject({
    tls_server_config: tlsServer().superRefine(checkTls).prefault({}),
    http_server_config: z
      .strictObject({ http2: yamlBoolean().default(true), headers: header().prefault({}) })
      .prefault({}),
    basic_auth_users: z.record(z.string(), bcryptHash(), 'use NAME: HASH lines').default({}),
    rate_limit: z
      .strictObject({
        interval: goDurationMs().prefault('0'),
        burst: z.int('use a whole number').min(0, 'use 1 or more').default(0),
      })
      .refine(({ interval, burst }) => interval === 0 || burst > 0, {
        path: ['burst'],
        error: 'every request would be refused; use 1 or more, or interval: 0 for no limit',
      })
      .optional(),
  });

/** True when the file asks for HTTPS; client authentication alone does too, and then lacks a certificate. */
export function hasTls(tls: TlsServerConfig): boolean {
  const { cert, key, cert_file, key_file, client_ca, client_ca_file, client_auth_type } = tls;
  return (
    [cert, key, cert_file, key_file, client_ca, client_ca_file].some(Boolean) || client_auth_type !== 'NoClientCert'
  );
}

function checkTls(tls: TlsServerConfig, context: z.RefinementCtx): void {
  const report = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  const policy = tls.client_auth_type;
  const hasCa = Boolean(tls.client_ca_file || tls.client_ca);
  if (hasTls(tls)) {
    if (!tls.cert_file && !tls.cert) report('cert_file', 'missing; give the PEM file of the certificate');
    if (!tls.key_file && !tls.key) report('key_file', 'missing; give the PEM file of the private key');
  }
  for (const name of ['cert', 'key', 'client_ca'] as const) {
    if (tls[name] && tls[`${name}_file`]) report(name, `given twice; keep either ${name} or ${name}_file`);
  }
  if (hasCa && policy === 'NoClientCert') {
    report('client_auth_type', 'a client CA without a policy does nothing; use RequireAndVerifyClientCert');
  }
  if (!hasCa && (policy === 'RequireAndVerifyClientCert' || policy === 'VerifyClientCertIfGiven')) {
    report('client_ca_file', 'missing; without it every public CA could sign clients. Give the CA of your clients');
  }
  if (tls.client_allowed_sans && policy !== 'RequireAndVerifyClientCert' && policy !== 'RequireAnyClientCert') {
    report('client_allowed_sans', 'needs client_auth_type: RequireAndVerifyClientCert');
  }
  if (tls.min_version > tls.max_version)
    report('min_version', `above max_version ${tls.max_version}; lower one or raise the other`);
}
