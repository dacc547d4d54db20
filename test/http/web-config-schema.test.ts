import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasTls, webConfigSchema } from '../../src/http/web-config-schema.ts';

describe('webConfigSchema', () => {
  it('has the defaults of the exporter-toolkit', () => {
    const config = webConfigSchema().parse({});
    assert.deepEqual(config, {
      tls_server_config: {
        client_auth_type: 'NoClientCert',
        min_version: 'TLS12',
        max_version: 'TLS13',
        cipher_suites: [],
        prefer_server_cipher_suites: true,
        curve_preferences: [],
      },
      http_server_config: { http2: true, headers: {} },
      basic_auth_users: {},
    });
    assert.equal(hasTls(config.tls_server_config), false);
  });

  for (const [word, value] of [
    ['yes', true],
    ['On', true],
    ['no', false],
    ['OFF', false],
  ] as const) {
    it(`reads the boolean word ${word}`, () => {
      assert.equal(webConfigSchema().parse({ http_server_config: { http2: word } }).http_server_config.http2, value);
    });
  }

  it('client authentication alone asks for TLS', () => {
    const result = webConfigSchema().safeParse({ tls_server_config: { client_auth_type: 'RequestClientCert' } });
    assert.deepEqual(
      result.error?.issues.map(({ path }) => path.join('.')),
      ['tls_server_config.cert_file', 'tls_server_config.key_file'],
    );
  });
});
