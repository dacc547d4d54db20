import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const MOST_CERTIFICATES = 200;

/** From when until when a certificate is valid, milliseconds since the epoch. */
export interface Validity {
  /** null: not before it expires, so it says nothing. */
  readonly notBeforeMs: number | null;
  readonly expiresMs: number;
}

/**
 * The validity of that certificate in a PEM file which expires first; null: there is none that can be read. A key beside them is passed
 * over.
 */
export function earliestValidity(pem: string): Validity | null {
  let earliest: Validity | null = null;
  let count = 0;
  for (const [text] of pem.matchAll(CERTIFICATE)) {
    if (++count > MOST_CERTIFICATES) break;
    const validity = validityOf(text);
    if (validity !== null && validity.expiresMs < (earliest?.expiresMs ?? Infinity)) earliest = validity;
  }
  return earliest;
}

function validityOf(pem: string): Validity | null {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    const [notBeforeMs, expiresMs] = [Date.parse(validFrom), Date.parse(validTo)];
    return Number.isNaN(expiresMs) ? null : { notBeforeMs: notBeforeMs < expiresMs ? notBeforeMs : null, expiresMs };
  } catch {
    return null;
  }
}
