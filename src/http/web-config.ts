import { constants, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { load, YAMLException } from 'js-yaml';
import type { ClientAuthType } from './tls-names.ts';
import { CURVES, opensslCiphers, TLS_VERSIONS } from './tls-names.ts';
import type { TlsServerConfig } from './web-config-schema.ts';
import { hasTls, webConfigSchema } from './web-config-schema.ts';

const LARGEST_FILE = 1024 * 1024;

export interface TlsSettings {
  /** Certificate, key, client CA, versions, ciphers: what `setSecureContext` takes. */
  readonly context: SecureContextOptions;
  readonly clientAuth: ClientAuthType;
  /** Names of which the client certificate must have one; null for any. */
  readonly allowedSans: readonly string[] | null;
}

/** The web config file after validation; frozen by type. */
export interface WebConfig {
  readonly tls: TlsSettings | null;
  /** User name to bcrypt hash. */
  readonly users: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
  readonly rateLimit: { readonly intervalMs: number; readonly burst: number } | null;
}

/** Every problem of the file at once. `files` are those whose change is worth another try. */
export class WebConfigError extends Error {
  override readonly name = 'WebConfigError';
  readonly problems: readonly string[];
  readonly files: readonly string[];

  constructor(path: string, problems: readonly string[], files: readonly string[] = []) {
    super(`web config file ${path}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
    this.files = files;
  }
}

/** Reads the file and the certificates it names; throws a WebConfigError. */
export function loadWebConfig(path: string): { readonly config: WebConfig; readonly files: readonly string[] } {
  const raw = readYaml(path);
  const result = webConfigSchema().safeParse(raw);
  if (!result.success)
    throw new WebConfigError(
      path,
      result.error.issues.flatMap((issue) => describe(issue, raw)),
    );
  const { tls_server_config: tls, http_server_config: http, basic_auth_users: users, rate_limit: limit } = result.data;
  const files = [tls.cert_file, tls.key_file, tls.client_ca_file]
    .filter((file) => file !== undefined && file !== '')
    .map((file) => resolve(dirname(path), file as string));
  const problems: string[] = [];
  const settings = hasTls(tls) ? readTls(tls, dirname(path), problems) : null;
  if (problems.length > 0) throw new WebConfigError(path, problems, files);
  const config = {
    tls: settings,
    users: new Map(Object.entries(users)),
    headers: new Map(Object.entries(http.headers).filter(([, value]) => value !== '') as [string, string][]),
    rateLimit: limit === undefined ? null : { intervalMs: limit.interval, burst: limit.burst },
  };
  return { config, files };
}

/** True when nobody gets an answer without a password or a verified client certificate. */
export function requiresAuthentication(config: WebConfig): boolean {
  return config.users.size > 0 || config.tls?.clientAuth === 'RequireAndVerifyClientCert';
}

function readYaml(path: string): unknown {
  try {
    const content = readText(path);
    return /^\s*(#.*\s*)*$/.test(content) ? {} : dropNulls(load(content));
  } catch (error) {
    throw new WebConfigError(path, [describeReadError(error)]);
  }
}

function readText(path: string): string {
  const bytes = readFileSync(path);
  if (bytes.length > LARGEST_FILE) throw new Error(`larger than ${LARGEST_FILE} bytes`);
  return bytes.toString('utf8');
}

/** A key without a value is a key that is not there, as in Go. */
function dropNulls(value: unknown): unknown {
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, typeof inner === 'object' ? dropNulls(inner) : inner]));
}

function readTls(tls: TlsServerConfig, directory: string, problems: string[]): TlsSettings {
  const pem = (name: 'cert' | 'key' | 'client_ca'): string | undefined => {
    const file = tls[`${name}_file`];
    if (!file) return tls[name];
    try {
      return readText(resolve(directory, file));
    } catch (error) {
      problems.push(`tls_server_config.${name}_file: ${JSON.stringify(file)}: ${describeReadError(error)}`);
      return undefined;
    }
  };
  const [cert, key, ca] = [pem('cert'), pem('key'), pem('client_ca')];
  const ciphers = opensslCiphers(tls.cipher_suites, tls.min_version);
  const context: SecureContextOptions = {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(tls.curve_preferences.length === 0
      ? {}
      : { ecdhCurve: tls.curve_preferences.map((name) => CURVES[name]).join(':') }),
    minVersion: TLS_VERSIONS[tls.min_version],
    maxVersion: TLS_VERSIONS[tls.max_version],
    honorCipherOrder: tls.prefer_server_cipher_suites,
    // Without tickets no session outlives a change of the client CA or the expiry of a client certificate.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  if (problems.length === 0) problems.push(...checkPem(context));
  return { context, clientAuth: tls.client_auth_type, allowedSans: tls.client_allowed_sans ?? null };
}

function checkPem(context: SecureContextOptions): string[] {
  try {
    if (context.ca !== undefined) new X509Certificate(context.ca as string);
  } catch (error) {
    return [
      `tls_server_config.client_ca_file: no certificate in it (${(error as Error).message}); give a PEM file of CA certificates`,
    ];
  }
  try {
    createSecureContext(context);
    return [];
  } catch (error) {
    return [
      `tls_server_config.cert_file, key_file: cannot be used (${(error as Error).message}); both must be PEM and belong together`,
    ];
  }
}

function describeReadError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return 'no such file; correct the path (relative paths start at the directory of the web config file)';
  if (code === 'EACCES') return 'not readable by this user; change its owner, group or mode';
  if (code === 'EISDIR') return 'is a directory; name the file in it';
  if (error instanceof YAMLException)
    return `not YAML: ${error.reason}${error.mark ? ` in line ${error.mark.line + 1}` : ''}`;
  return message;
}

/** `path: value: what to do`; hashes and keys are never shown. */
function describe(
  issue: { code: string; path: PropertyKey[]; message: string; keys?: string[] },
  raw: unknown,
): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => {
      const value = show(valueAt(raw, [...path, key]), [...path, key]);
      return `${[...path, key].join('.')}: ${value}: unknown key; remove it or correct its spelling`;
    });
  }
  if (path.length === 0)
    return [`${show(raw, path)}: ${issue.code === 'invalid_type' ? 'use KEY: VALUE lines' : issue.message}`];
  return [`${path.join('.')}: ${show(valueAt(raw, path), path)}: ${issue.message}`];
}

function valueAt(raw: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], raw);
}

function show(value: unknown, path: readonly string[]): string {
  if (value === undefined) return '(none)';
  if (path[0] === 'basic_auth_users' || /^(key|cert|client_ca)$/.test(path.at(-1) ?? '')) return '(hidden)';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
