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

test('errno 99 is exhaustion, except towards [::1]', () => {
  const peer = (address: string) => ({ scheme: 'http', address, port: 80 });
  assert.equal(generalCause({ symptom: 'address_unavailable', peer: peer('10.0.0.1') }), 'ephemeral_ports_exhausted');
  assert.equal(generalCause({ symptom: 'address_unavailable', peer: null }), 'ephemeral_ports_exhausted');
  assert.equal(generalCause({ symptom: 'address_unavailable', peer: peer('::1') }), 'no_route_to_host');
});
