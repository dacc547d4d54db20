/** Longer ones are no tokens of service accounts. */
const LONGEST_TOKEN = 65_536;

/**
 * When a JSON Web Token expires: its `exp` (RFC 7519 §4.1.4), milliseconds since the epoch. Null: it is no such token, or says
 * nothing of it. Nothing else of it is read and nothing of it is kept; the signature is not checked.
 */
export function tokenExpiry(token: string): number | null {
  const text = token.trim();
  if (text.length > LONGEST_TOKEN) return null;
  const parts = text.split('.');
  if (parts.length !== 3) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1], 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null) return null;
    const { exp } = claims as { exp?: unknown };
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : null;
  } catch {
    return null;
  }
}
