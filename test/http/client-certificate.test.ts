import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { classifyHandshake, satisfiesPolicy, serverPolicy, subjectNames } from '../../src/http/client-certificate.ts';
import type { ClientAuthType } from '../../src/http/tls-names.ts';
import { CLIENT_AUTH_TYPES } from '../../src/http/tls-names.ts';

const SANS =
  'DNS:prometheus.example, IP Address:10.0.0.1, IP Address:FE80:0:0:0:0:0:0:1, email:a@b.example, URI:spiffe://x/y';

function socket(kind: 'none' | 'unverified' | 'verified', subjectAltName: string | undefined = SANS): TLSSocket {
  const certificate = kind === 'none' ? undefined : ({ subjectAltName } as X509Certificate);
  return { authorized: kind === 'verified', getPeerX509Certificate: () => certificate } as unknown as TLSSocket;
}

describe('satisfiesPolicy', () => {
  const matrix: Record<ClientAuthType, readonly [none: boolean, unverified: boolean, verified: boolean]> = {
    NoClientCert: [true, true, true],
    RequestClientCert: [true, true, true],
    RequireAnyClientCert: [false, true, true],
    VerifyClientCertIfGiven: [true, false, true],
    RequireAndVerifyClientCert: [false, false, true],
  };
  for (const clientAuth of CLIENT_AUTH_TYPES) {
    it(`${clientAuth}: no, unverified, verified certificate → ${matrix[clientAuth]}`, () => {
      const policy = { context: {}, clientAuth, allowedSans: null };
      assert.deepEqual(
        (['none', 'unverified', 'verified'] as const).map((kind) => satisfiesPolicy(policy, socket(kind))),
        matrix[clientAuth],
      );
    });
  }

  for (const [name, allowed] of [
    ['prometheus.example', true],
    ['10.0.0.1', true],
    ['fe80::1', true],
    ['FE80:0::1', true],
    ['a@b.example', true],
    ['spiffe://x/y', true],
    ['example', false],
    ['*', false],
  ] as const) {
    it(`client_allowed_sans [${name}]: ${allowed}`, () => {
      const policy = { context: {}, clientAuth: 'RequireAndVerifyClientCert', allowedSans: ['other', name] } as const;
      assert.equal(satisfiesPolicy(policy, socket('verified')), allowed);
    });
  }

  it('refuses a certificate without names when some are asked for', () => {
    const policy = { context: {}, clientAuth: 'RequireAndVerifyClientCert', allowedSans: [] } as const;
    assert.equal(satisfiesPolicy(policy, socket('verified', '')), false);
  });
});

describe('subjectNames', () => {
  it('does not take a quoted value apart', () => {
    assert.deepEqual(subjectNames({ subjectAltName: 'DNS:"a, DNS:admin.example", DNS:b' }), [
      'a, DNS:admin.example',
      'b',
    ]);
  });
  it('leaves other kinds out', () => assert.deepEqual(subjectNames({ subjectAltName: 'DirName:CN=x, DNS:a' }), ['a']));
});

describe('serverPolicy', () => {
  it('asks only when needed and lets OpenSSL refuse only for the strict policy', () => {
    const asked = CLIENT_AUTH_TYPES.map((clientAuth) =>
      Object.values(serverPolicy({ context: {}, clientAuth, allowedSans: null })).join(),
    );
    assert.deepEqual(asked, ['false,false', 'true,false', 'true,false', 'true,false', 'true,true']);
  });
});

describe('classifyHandshake', () => {
  for (const [code, reason] of [
    ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'client_certificate'],
    ['ERR_SSL_HTTP_REQUEST', 'plain_http'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'client_alert'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'version_or_cipher'],
    ['ERR_SSL_NO_SHARED_CIPHER', 'version_or_cipher'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'version_or_cipher'],
    ['ECONNRESET', 'closed'],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'closed'],
    ['EWHATEVER', 'other'],
  ] as const) {
    it(`${code} is ${reason}`, () =>
      assert.equal(classifyHandshake(Object.assign(new Error(), { code }), socket('none')), reason));
  }
  it('a certificate that was not accepted is an authentication failure', () => {
    const refused = Object.assign(socket('unverified'), { authorizationError: 'CERT_HAS_EXPIRED' });
    assert.equal(
      classifyHandshake(Object.assign(new Error(), { code: 'ECONNRESET' }), refused as unknown as TLSSocket),
      'client_certificate',
    );
  });
});
