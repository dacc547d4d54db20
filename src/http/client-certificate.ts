import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { AuthFailure, HandshakeFailure } from './http-metrics.ts';
import type { TlsSettings } from './web-config.ts';

/** What tls.Server needs for a policy: OpenSSL itself refuses only where a verified certificate is a must. */
export function serverPolicy({ clientAuth }: TlsSettings): { requestCert: boolean; rejectUnauthorized: boolean } {
  return {
    requestCert: clientAuth !== 'NoClientCert',
    rejectUnauthorized: clientAuth === 'RequireAndVerifyClientCert',
  };
}

/** Whether a finished handshake satisfies the policy (Go's ClientAuthType, then client_allowed_sans). */
export function satisfiesPolicy({ clientAuth, allowedSans }: TlsSettings, socket: TLSSocket): boolean {
  const certificate = socket.getPeerX509Certificate();
  if (clientAuth === 'NoClientCert' || clientAuth === 'RequestClientCert') return true;
  if (certificate === undefined) return clientAuth === 'VerifyClientCertIfGiven';
  if (clientAuth !== 'RequireAnyClientCert' && !socket.authorized) return false;
  if (allowedSans === null) return true;
  const names = subjectNames(certificate);
  return allowedSans.some((name) => names.includes(canonicalIp(name)));
}

/** DNS names, e-mail addresses, URIs and IP addresses of the subjectAltName, in Go's spelling. */
export function subjectNames(certificate: Pick<X509Certificate, 'subjectAltName'>): string[] {
  // Node quotes a value that could be mistaken for the start of another as a JSON string.
  const entries = (certificate.subjectAltName ?? '').matchAll(/([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g);
  return [...entries].flatMap(([, kind, text]) => {
    if (!['DNS', 'email', 'URI', 'IP Address'].includes(kind)) return [];
    const value = text.startsWith('"') ? (JSON.parse(text) as string) : text;
    return [kind === 'IP Address' ? canonicalIp(value) : value];
  });
}

/** Sorts a failed handshake; a refused client certificate is an authentication failure. */
export function classifyHandshake(error: Error & { code?: string }, socket: TLSSocket): HandshakeFailure | AuthFailure {
  const code = error.code ?? '';
  if (socket.authorizationError || code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'client_certificate';
  if (code === 'ERR_SSL_HTTP_REQUEST') return 'plain_http';
  if (/ALERT/.test(code)) return 'client_alert';
  if (/VERSION|PROTOCOL|CIPHER|NO_SUITABLE/.test(code)) return 'version_or_cipher';
  return code === 'ECONNRESET' || code === 'ERR_TLS_HANDSHAKE_TIMEOUT' ? 'closed' : 'other';
}

function canonicalIp(text: string): string {
  return isIP(text) === 6 ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;
}
