import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familyOf } from '../../src/facts/ip-family.ts';

test('each family has a bit of its own', () => {
  assert.equal(familyOf('10.0.0.1'), familyOf('192.168.0.1'));
  assert.equal(familyOf('fd00::1'), familyOf('::1'));
  assert.equal(familyOf('10.0.0.1') & familyOf('fd00::1'), 0);
});
