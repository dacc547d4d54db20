import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { earliestValidity } from '../../src/parse/certificate-validity.ts';
import { createAuthority } from '../support/certs.ts';

test('takes the earliest of the certificates in a file, and no key', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-certificates-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const authority = createAuthority(directory);
  const read = (path: string) => readFileSync(path, 'utf8');
  const good = authority.issue('good', 'DNS:a.example');
  const old = authority.issue('old', 'DNS:b.example', { expired: true });
  const [ofGood, ofOld] = [earliestValidity(read(good.cert)), earliestValidity(read(old.cert))];
  assert.ok(ofGood !== null && ofGood.expiresMs > Date.now());
  assert.equal(ofGood.expiresMs - ofGood.notBeforeMs!, 2 * 86_400_000);
  assert.ok(ofOld !== null && ofOld.expiresMs < Date.now());
  assert.deepEqual(earliestValidity(read(good.cert) + read(good.key) + read(old.cert)), ofOld);
  assert.equal(earliestValidity(read(good.key)), null);
});

test('takes anything', () => {
  fc.assert(fc.property(fc.string(), (text) => earliestValidity(text) === null));
  const framed = fc.string().map((text) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`);
  fc.assert(fc.property(framed, (text) => earliestValidity(text) === null));
});
