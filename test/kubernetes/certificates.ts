/** Certificates of the fake API server, made by openssl when they are first needed; no file is left behind. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../support/certs.ts';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** All PEM. `client` and `server` are signed by `ca`; `expiredClient` was until yesterday. */
export interface Certificates {
  readonly ca: string;
  readonly server: KeyPair;
  readonly client: KeyPair;
  readonly expiredClient: KeyPair;
}

export const CLIENT_NAME = 'badgateway-client';
let first: Certificates | undefined;

/** The same for every server of a process: five openssl runs per test would be felt. */
export function sharedCertificates(): Certificates {
  first ??= makeCertificates();
  return first;
}

/** A new authority and all it signs. */
export function makeCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), 'fake-api-server-'));
  try {
    const authority = createAuthority(directory);
    const read = ({ cert, key }: KeyPair): KeyPair => ({
      cert: readFileSync(cert, 'utf8'),
      key: readFileSync(key, 'utf8'),
    });
    return {
      ca: readFileSync(authority.certificate, 'utf8'),
      server: read(authority.issue('kube-apiserver', 'DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1')),
      client: read(authority.issue(CLIENT_NAME, 'DNS:client')),
      expiredClient: read(authority.issue('expired-client', 'DNS:client', { expired: true })),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
