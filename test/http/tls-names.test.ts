import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSecureContext, getCiphers } from 'node:tls';
import { CURVES, opensslCiphers, TLS12_SUITES, TLS13_SUITES } from '../../src/http/tls-names.ts';

describe('TLS names', () => {
  for (const [go, openssl] of Object.entries(TLS12_SUITES)) {
    it(`${go} is a cipher of this OpenSSL`, () => assert.ok(getCiphers().includes(openssl.toLowerCase())));
  }
  for (const suite of TLS13_SUITES) {
    it(`${suite} is a cipher of this OpenSSL`, () => assert.ok(getCiphers().includes(suite.toLowerCase())));
  }
  for (const [go, openssl] of Object.entries(CURVES)) {
    it(`${go} is a curve of this OpenSSL`, () => void createSecureContext({ ecdhCurve: openssl }));
  }
});

describe('opensslCiphers', () => {
  it('keeps the defaults without a list', () => assert.equal(opensslCiphers([], 'TLS12'), undefined));
  it('always offers the TLS 1.3 suites, as Go does', () => {
    assert.equal(
      opensslCiphers(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], 'TLS12'),
      'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    );
  });
  it('lowers the security level only for TLS 1.0 and 1.1', () => {
    assert.equal(opensslCiphers([], 'TLS10'), 'DEFAULT@SECLEVEL=0');
    assert.match(opensslCiphers(['TLS_RSA_WITH_AES_128_CBC_SHA'], 'TLS11') ?? '', /:AES128-SHA:@SECLEVEL=0$/);
  });
});
