import { basename } from 'node:path';
import { EnvoyParseError } from './envoy-json.ts';

export interface CertificateExpiry {
  /** First DNS or URI name of the certificate, else the base name of its file; never an IP address; `ca:` before a CA's. */
  name: string;
  /** All of its DNS and URI names, SPIFFE identities among them; at most 5. */
  names: readonly string[];
  expirySeconds: number;
  /** From when that one is valid; null: not told. */
  notBeforeSeconds: number | null;
}

const MAX_CERTIFICATES = 1000;
const MAX_NAME_LENGTH = 200;
const MAX_NAMES = 5;
const SECONDS_PER_DAY = 86_400;

interface RawCertificate {
  path?: unknown;
  subject_alt_names?: unknown;
  days_until_expiration?: unknown;
  valid_from?: unknown;
  expiration_time?: unknown;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function readNames(certificate: RawCertificate): string[] {
  const names = listOf(certificate.subject_alt_names).map(({ dns, uri }) => dns ?? uri);
  return names
    .filter((name) => typeof name === 'string' && name !== '')
    .slice(0, MAX_NAMES)
    .map((name) => String(name).slice(0, MAX_NAME_LENGTH));
}

function readName(certificate: RawCertificate): string {
  const [first] = readNames(certificate);
  if (first !== undefined) return first;
  const path = typeof certificate.path === 'string' ? basename(certificate.path) : '';
  return path === '' || path === '<inline>' ? 'inline' : path.slice(0, MAX_NAME_LENGTH);
}

/**
 * The time when it expires, in seconds since the epoch, or null. Time fields of very long-lived CAs wrap (a real sample
 * has 36196 days left and a year of 1982), so a time that contradicts `days_until_expiration` by over two days, or lies
 * before `valid_from`, is left out. Days of 2147483647 and 4294967295 are Envoy's sentinels for "no certificate".
 */
function readExpiry(certificate: RawCertificate, nowMs: number): number | null {
  const expiryMs = Date.parse(String(certificate.expiration_time));
  if (!(expiryMs > 0) || Date.parse(String(certificate.valid_from)) > expiryMs) return null;
  const days = Number(certificate.days_until_expiration ?? 0);
  if (days >= 2_147_483_647) return null;
  const daysLeft = (expiryMs - nowMs) / 1000 / SECONDS_PER_DAY;
  if (days > 0 && Math.abs(daysLeft - days) > 2) return null;
  return expiryMs / 1000;
}

function readNotBefore({ valid_from }: RawCertificate, expirySeconds: number): number | null {
  const seconds = Date.parse(String(valid_from)) / 1000;
  return seconds < expirySeconds ? seconds : null;
}

/** Reads the body of `/certs`: the earliest expiry of every certificate name. Throws `EnvoyParseError` on anything else. */
export function parseCerts(text: string, nowMs: number): CertificateExpiry[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new EnvoyParseError(`/certs is not JSON (${(error as Error).message.slice(0, 80)})`, 0);
  }
  if (!isRecord(body)) throw new EnvoyParseError('/certs is not an object', 0);
  const earliest = new Map<string, CertificateExpiry>();
  for (const entry of listOf(body.certificates)) {
    const named = [
      ...listOf(entry.ca_cert).map((certificate) => ({ prefix: 'ca:', certificate })),
      ...listOf(entry.cert_chain).map((certificate) => ({ prefix: '', certificate })),
    ];
    for (const { prefix, certificate } of named) {
      const expiry = readExpiry(certificate, nowMs);
      const name = `${prefix}${readName(certificate)}`;
      if (expiry === null || (earliest.size >= MAX_CERTIFICATES && !earliest.has(name))) continue;
      if (expiry >= (earliest.get(name)?.expirySeconds ?? Number.POSITIVE_INFINITY)) continue;
      const notBeforeSeconds = readNotBefore(certificate, expiry);
      earliest.set(name, { name, names: readNames(certificate), expirySeconds: expiry, notBeforeSeconds });
    }
  }
  return [...earliest.values()];
}
