/** Web configuration files that promtool and badgateway take or refuse, each with what is said of it. */

export const HASH = '$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG';
export const TLS = 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n';
export const MTLS = `${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n`;
export const HTTP = 'http_server_config:\n';

export const GOOD: Readonly<Record<string, string>> = {
  'an empty file': '',
  'only comments': '# nothing\n\n# here\n',
  'keys without values': 'tls_server_config:\nbasic_auth_users:\n',
  TLS,
  'versions and suites': `${TLS}  min_version: TLS12\n  max_version: TLS13\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]\n  prefer_server_cipher_suites: false\n  curve_preferences: [CurveP256, X25519]\n`,
  'TLS 1.0': `${TLS}  min_version: TLS10\n`,
  'only a version, no TLS': 'tls_server_config:\n  min_version: TLS13\n',
  'client certificates': MTLS,
  'the old name of a policy': `${TLS}  client_auth_type: RequireClientCert\n`,
  'allowed names': `${MTLS}  client_allowed_sans: [prometheus]\n`,
  users: `basic_auth_users:\n  alice: ${HASH}\n  bob: ${HASH.replace('$2y', '$2b')}\n  1: ${HASH.replace('$2y', '$2a')}\n`,
  'http2 off': `${HTTP}  http2: false\n`,
  'a boolean word of YAML 1.1': `${HTTP}  http2: no\n`,
  headers: `${HTTP}  headers:\n    Content-Security-Policy: default-src 'self'\n    X-Frame-Options: sameorigin\n    X-Content-Type-Options: nosniff\n    X-XSS-Protection: 0\n    Strict-Transport-Security: max-age=60\n`,
  'a rate limit': 'rate_limit:\n  interval: 1s\n  burst: 20\n',
  'a rate limit switched off': 'rate_limit:\n  interval: 0\n',
};

export const BAD: Readonly<Record<string, readonly [content: string, ...problems: RegExp[]]>> = {
  'an unknown key': ['tls_server: 1\n', /^tls_server: 1: unknown key; remove it/],
  'an unknown inner key': [`${TLS}  certfile: x\n`, /^tls_server_config\.certfile: "x": unknown key/],
  'several mistakes': [
    `foo: 1\n${HTTP}  http2: maybe\n  headers:\n    X-Other: 1\nbasic_auth_users:\n  a: secret\n`,
    /^foo: 1: unknown key/,
    /^http_server_config\.http2: "maybe": use true or false/,
    /^http_server_config\.headers\.X-Other: 1: unknown key/,
    /^basic_auth_users\.a: \(hidden\): not a bcrypt hash/,
  ],
  'a list': ['- 1\n', /use KEY: VALUE lines/],
  'a text': ['hello\n', /use KEY: VALUE lines/],
  'no YAML': ['a: [\n', /^not YAML: .+ in line \d/],
  'a key twice': [`${HTTP}  http2: false\n${HTTP}  http2: true\n`, /^not YAML: duplicated mapping key in line 3/],
  'an unknown version': [
    `${TLS}  min_version: TLS9\n`,
    /^tls_server_config\.min_version: "TLS9": use one of TLS10, TLS11/,
  ],
  'an unknown suite': [
    `${TLS}  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n`,
    /^tls_server_config\.cipher_suites\.0: "TLS_RSA_WITH_RC4_128_SHA": use one of/,
  ],
  'an unknown curve': [
    `${TLS}  curve_preferences: [P256]\n`,
    /^tls_server_config\.curve_preferences\.0: "P256": use one of CurveP256/,
  ],
  'an unknown policy': [
    `${TLS}  client_auth_type: Maybe\n`,
    /^tls_server_config\.client_auth_type: "Maybe": use one of NoClientCert/,
  ],
  'a CA without a policy': [`${TLS}  client_ca_file: ca.pem\n`, /client_auth_type: .*use RequireAndVerifyClientCert/],
  'a key without a certificate': [
    'tls_server_config:\n  key_file: server.key\n',
    /^tls_server_config\.cert_file: \(none\): missing/,
  ],
  'a missing file': [
    'tls_server_config:\n  cert_file: nope.pem\n  key_file: server.key\n',
    /^tls_server_config\.cert_file: "nope\.pem": no such file/,
  ],
  'a directory': [
    'tls_server_config:\n  cert_file: sub\n  key_file: server.key\n',
    /^tls_server_config\.cert_file: "sub": is a directory/,
  ],
  'a certificate as key': [
    'tls_server_config:\n  cert_file: server.pem\n  key_file: server.pem\n',
    /must be PEM and belong together/,
  ],
  'the key of another certificate': [
    'tls_server_config:\n  cert_file: server.pem\n  key_file: other.key\n',
    /must be PEM and belong together/,
  ],
  'a password that is no hash': [
    'basic_auth_users:\n  a: secret\n',
    /^basic_auth_users\.a: \(hidden\): not a bcrypt hash .*htpasswd/,
  ],
  'a cut hash': [
    `basic_auth_users:\n  a: ${HASH.slice(0, 40)}\n`,
    /^basic_auth_users\.a: \(hidden\): not a bcrypt hash/,
  ],
  'a cost below 4': [`basic_auth_users:\n  a: ${HASH.replace('$10', '$03')}\n`, /cost of 04 to 31/],
  'a cost above 31': [`basic_auth_users:\n  a: ${HASH.replace('$10', '$32')}\n`, /cost of 04 to 31/],
  'users as a list': ['basic_auth_users: [a]\n', /^basic_auth_users: \(hidden\): use NAME: HASH lines/],
  'another frame option': [
    `${HTTP}  headers:\n    X-Frame-Options: Deny\n`,
    /X-Frame-Options: "Deny": use one of deny, sameorigin/,
  ],
  'another sniffing option': [
    `${HTTP}  headers:\n    X-Content-Type-Options: ""\n`,
    /X-Content-Type-Options: "": use one of nosniff/,
  ],
  'a header in lower case': [`${HTTP}  headers:\n    x-frame-options: deny\n`, /x-frame-options: "deny": unknown key/],
};

/** promtool takes these; the reason to be stricter is in docs/web-config.md. */
export const STRICTER: Readonly<Record<string, readonly [content: string, problem: RegExp]>> = {
  'verified clients without a CA': [
    `${TLS}  client_auth_type: RequireAndVerifyClientCert\n`,
    /^tls_server_config\.client_ca_file: \(none\): missing; without it every public CA/,
  ],
  'a CA file without a certificate': [
    `${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: web.yml\n`,
    /client_ca_file: no certificate in it/,
  ],
  'no version left': [
    `${TLS}  min_version: TLS13\n  max_version: TLS12\n`,
    /min_version: "TLS13": above max_version TLS12/,
  ],
  'a second document': ['http_server_config:\n---\nfoo: 1\n', /^not YAML: expected a single document/],
  'a hash of the broken $2x$ kind': [`basic_auth_users:\n  a: ${HASH.replace('$2y', '$2x')}\n`, /not a bcrypt hash/],
};

/** Only younger versions of the toolkit know these keys. */
export const YOUNG_BAD: Readonly<Record<string, readonly [content: string, problem: RegExp]>> = {
  'names without a certificate': [
    `${TLS}  client_allowed_sans: [a]\n`,
    /client_allowed_sans: .*needs client_auth_type/,
  ],
  'a rate limit without a burst': [
    'rate_limit:\n  interval: 1s\n',
    /^rate_limit\.burst: .*every request would be refused/,
  ],
  'a rate limit with a strange interval': [
    'rate_limit:\n  interval: fast\n  burst: 1\n',
    /^rate_limit\.interval: "fast": use a duration/,
  ],
  'a certificate twice': [`${TLS}  cert: abc\n`, /^tls_server_config\.cert: \(hidden\): given twice/],
};
