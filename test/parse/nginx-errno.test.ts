import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SYMPTOMS } from '../../src/contract/names.ts';
import { symptomOfConnect, symptomOfIo } from '../../src/parse/nginx-errno.ts';

test('Linux, BSD and Windows numbers say the same', () => {
  for (const errno of [111, 61, 10_061]) assert.equal(SYMPTOMS[symptomOfConnect(errno)], 'connect_refused');
  for (const errno of [104, 54, 10_054]) assert.equal(SYMPTOMS[symptomOfIo(errno)], 'reset');
});

test('any other number is `other`', () => {
  for (const errno of [0, 127, 128, 9999, 10_000, 99_999]) {
    assert.equal(SYMPTOMS[symptomOfConnect(errno)], 'other');
    assert.equal(SYMPTOMS[symptomOfIo(errno)], 'other');
  }
});
