import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCerts } from '../../src/parse/envoy-certs.ts';
import { EnvoyParseError } from '../../src/parse/envoy-json.ts';

const REAL = readFileSync(new URL('../fixtures/envoy/certs.json', import.meta.url), 'utf8');
const NOW = Date.parse('2026-11-21T04:00:00Z');
const chain = (...certificates: object[]) =>
  parseCerts(JSON.stringify({ certificates: [{ cert_chain: certificates }] }), NOW);
const valid = {
  path: '/etc/tls/web.pem',
  days_until_expiration: '10',
  valid_from: '2026-01-01T00:00:00Z',
  expiration_time: '2026-12-01T05:00:00Z',
};

describe('parseCerts', () => {
  it('reads a real answer', () => {
    assert.deepEqual(parseCerts(REAL, NOW), [
      {
        name: 'ca:ca.example.test',
        names: ['ca.example.test'],
        expirySeconds: Date.parse('2036-11-18T03:58:48Z') / 1000,
        notBeforeSeconds: Date.parse('2026-11-21T03:58:48Z') / 1000,
      },
    ]);
  });

  it('names a certificate by DNS or URI, else by its file, never by address or directory', () => {
    const names = (...sans: object[]) => chain({ ...valid, subject_alt_names: sans })[0].name;
    assert.equal(names({ ip_address: '10.0.0.1' }, { dns: 'a.example' }), 'a.example');
    assert.equal(names({ uri: 'spiffe://c/ns/a/sa/b' }), 'spiffe://c/ns/a/sa/b');
    assert.equal(names({ ip_address: '10.0.0.1' }), 'web.pem');
    assert.equal(chain({ ...valid, path: '<inline>' })[0].name, 'inline');
  });

  it('keeps the names that a policy goes by, five at most', () => {
    const sans = [
      { ip_address: '10.0.0.1' },
      { dns: 'a.example' },
      { uri: 'spiffe://mesh/ns/shop/sa/cart' },
      { dns: '' },
    ];
    const namesOf = (...subject_alt_names: object[]) => chain({ ...valid, subject_alt_names })[0].names;
    assert.deepEqual(namesOf(...sans), ['a.example', 'spiffe://mesh/ns/shop/sa/cart']);
    assert.equal(namesOf(...Array(9).fill({ dns: 'a' })).length, 5);
  });

  it('keeps the earliest of a name, with its own beginning', () => {
    const later = {
      ...{ ...valid, days_until_expiration: '20' },
      ...{ valid_from: '2026-02-01T00:00:00Z', expiration_time: '2026-12-11T05:00:00Z' },
    };
    assert.deepEqual(chain(later, valid, later), [
      {
        ...{ name: 'web.pem', names: [] },
        expirySeconds: Date.parse(valid.expiration_time) / 1000,
        notBeforeSeconds: Date.parse(valid.valid_from) / 1000,
      },
    ]);
  });

  it('knows no beginning where none is told, or where it is the end', () => {
    for (const valid_from of [undefined, 'long ago', valid.expiration_time])
      assert.equal(chain({ ...valid, valid_from })[0].notBeforeSeconds, null);
  });

  it('shows an expired one: days are 0', () => {
    const expired = { ...valid, days_until_expiration: '0', expiration_time: '2026-11-01T00:00:00Z' };
    assert.equal(chain(expired)[0].expirySeconds, Date.parse(expired.expiration_time) / 1000);
  });

  for (const [what, odd] of [
    [
      'a wrapped time (36196 days left, 1982)',
      { days_until_expiration: '36196', valid_from: '2019-01-01T00:00:00Z', expiration_time: '1982-01-01T00:00:00Z' },
    ],
    [
      'a time before 1970',
      { days_until_expiration: '0', valid_from: '1900-01-01T00:00:00Z', expiration_time: '1950-01-01T00:00:00Z' },
    ],
    ['the old sentinel', { days_until_expiration: '2147483647' }],
    ['the new sentinel', { days_until_expiration: '4294967295' }],
    ['no time', { expiration_time: undefined }],
  ] as const)
    it(`leaves out ${what}`, () => assert.deepEqual(chain({ ...valid, ...odd }), []));

  it('throws nothing but its own error', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => `{"certificates":[{"cert_chain":[${json}],"ca_cert":${json}}]}`),
    );
    fc.assert(
      fc.property(text, (body) => {
        try {
          parseCerts(body, NOW);
        } catch (error) {
          assert.ok(error instanceof EnvoyParseError, String(error));
        }
      }),
    );
  });
});
