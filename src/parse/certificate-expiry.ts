import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const MOST_CERTIFICATES = 200;

/**
 * When the first of the certificates in a PEM file expires, milliseconds since the epoch; null: there is none that can be read. A key
 * beside them is passed over.
 */
export function certificateExpiry(pem: string): number | null {
  let earliest: number | null = null;
  let count = 0;
  for (const [text] of pem.matchAll(CERTIFICATE)) {
    if (++count > MOST_CERTIFICATES) break;
    const expiry = expiryOf(text);
    if (expiry !== null) earliest = Math.min(earliest ?? expiry, expiry);
  }
  return earliest;
}

function expiryOf(pem: string): number | null {
  try {
    const expiry = Date.parse(new X509Certificate(pem).validTo);
    return Number.isNaN(expiry) ? null : expiry;
  } catch {
    return null;
  }
}
