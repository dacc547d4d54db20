import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GENERAL_CAUSE_NAMES, GENERAL_CAUSES, generalCause } from '../../src/causes/general.ts';
import { SYMPTOM_WORDS } from '../../src/causes/symptom-words.ts';
import { CAUSES, SYMPTOMS } from '../../src/contract/names.ts';
import { KINDS } from '../../src/parse/nginx-kinds.ts';

test('every symptom has its general cause or is known never to be a failure', () => {
  assert.deepEqual(Object.keys(GENERAL_CAUSES), [...SYMPTOMS]);
  for (const cause of GENERAL_CAUSE_NAMES) assert.ok(CAUSES.includes(cause), cause);
});

test('every symptom that nginx’s log can say is explained', () => {
  for (const symptom of SYMPTOMS.filter((name) => KINDS.some((kind) => kind.symptom === name))) {
    assert.ok(GENERAL_CAUSES[symptom] !== null || SYMPTOM_WORDS[symptom] !== undefined, symptom);
  }
});

test('errno 99 is exhaustion; towards [::1] there is no IPv6, and towards other IPv6 addresses it may be either', () => {
  const peer = (address: string) => ({ scheme: 'http', address, port: 80 });
  assert.equal(generalCause({ symptom: 'address_unavailable', peer: peer('10.0.0.1') }), 'ephemeral_ports_exhausted');
  assert.equal(generalCause({ symptom: 'address_unavailable', peer: null }), 'ephemeral_ports_exhausted');
  assert.equal(generalCause({ symptom: 'address_unavailable', peer: peer('::1') }), 'no_route_to_host');
  assert.equal(generalCause({ symptom: 'address_unavailable', peer: peer('fd00::10') }), 'unidentified');
});

test('errno 99 of bind() is no exhaustion: the address of proxy_bind is not of this host', () => {
  const peer = { scheme: 'http', address: '10.0.0.1', port: 8080 };
  const symptom = 'address_unavailable';
  assert.equal(generalCause({ symptom, peer, detail: 'not_our_address' }), 'unidentified');
  assert.equal(generalCause({ symptom, peer, detail: 'not_begun' }), 'unidentified');
  assert.equal(generalCause({ symptom, peer }), 'ephemeral_ports_exhausted');
});

test('errno 22 of connect() is a black hole among the routes', () => {
  assert.equal(generalCause({ symptom: 'other', peer: null, detail: 'black_hole' }), 'no_route_to_host');
  assert.equal(generalCause({ symptom: 'other', peer: null }), 'unidentified');
});

test('a unix socket that refuses has nobody who listens', () => {
  const peer = { scheme: 'http', address: '/run/app.sock', port: null };
  assert.equal(generalCause({ symptom: 'connect_refused', peer }), 'not_listening');
  assert.equal(
    generalCause({ symptom: 'connect_refused', peer: { ...peer, address: '10.0.0.1', port: 80 } }),
    'connection_refused',
  );
});
