/** Who may do what at the fake API server: bearer tokens with an expiry, client certificates, denials. */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { RequestInfo, Verb } from './resources.ts';
import { ApiError, qualified, unauthorized } from './status.ts';

export const SERVICE_ACCOUNT = 'system:serviceaccount:badgateway:badgateway';

export interface Denial {
  readonly verb?: Verb;
  readonly resource?: string;
  readonly namespace?: string;
}

export class Access {
  /** Without a valid client certificate there is no way in, not even with a token. */
  clientCertificateRequired = false;
  readonly #now: () => number;
  readonly #tokens = new Map<string, number>();
  #denials: Denial[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** From now on this token is good, until it expires or is revoked. */
  accept(token: string, expiresInMs = Number.POSITIVE_INFINITY): void {
    this.#tokens.set(token, this.#now() + expiresInMs);
  }

  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  revokeAll(): void {
    this.#tokens.clear();
  }

  /** 403 for requests that match; the returned function grants them again. */
  deny(denial: Denial = {}): () => void {
    this.#denials.push(denial);
    return () => {
      this.#denials = this.#denials.filter((other) => other !== denial);
    };
  }

  /** Throws 401 or 403. */
  check(request: IncomingMessage, info: RequestInfo): void {
    const user = this.#authenticate(request);
    const denied = this.#denials.some(
      ({ verb, resource, namespace }) =>
        (verb ?? info.verb) === info.verb &&
        (resource ?? info.resource) === info.resource &&
        (namespace ?? info.namespace) === info.namespace,
    );
    if (denied) throw forbidden(user, info);
  }

  #authenticate(request: IncomingMessage): string {
    const socket = request.socket as TLSSocket;
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    if (certificate !== undefined) return /CN=(.+)/.exec(certificate.subject)?.[1] ?? '';
    if (this.clientCertificateRequired) throw unauthorized();
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (this.#now() >= (this.#tokens.get(token) ?? Number.NEGATIVE_INFINITY)) throw unauthorized();
    return SERVICE_ACCOUNT;
  }
}

function forbidden(user: string, info: RequestInfo): ApiError {
  const { verb, resource, namespace, name, type } = info;
  const group = type?.group ?? '';
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = `cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  const full = `${qualified({ group, plural: resource })}${name === undefined ? '' : ` "${name}"`}`;
  const details = { ...(name === undefined ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource };
  return new ApiError(403, 'Forbidden', `${full} is forbidden: User "${user}" ${what}`, details);
}

/** A token as kubelet mounts it, a JWT; nobody checks the signature, but clients read `exp`. */
export function serviceAccountToken(nowMs: number, lifeSeconds = 3600): string {
  const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url');
  const issued = Math.floor(nowMs / 1000);
  tokens += 1;
  const payload = { exp: issued + lifeSeconds, iat: issued, jti: String(tokens), sub: SERVICE_ACCOUNT };
  return `${part({ alg: 'RS256', kid: 'fake' })}.${part(payload)}.c2lnbmF0dXJl`;
}

let tokens = 0;
