import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { certificateExpiry } from '../../src/parse/certificate-expiry.ts';
import { createAuthority } from '../support/certs.ts';

test('takes the earliest of the certificates in a file, and no key', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-certificates-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const authority = createAuthority(directory);
  const read = (path: string) => readFileSync(path, 'utf8');
  const good = authority.issue('good', 'DNS:a.example');
  const old = authority.issue('old', 'DNS:b.example', { expired: true });
  const [goodMs, oldMs] = [certificateExpiry(read(good.cert)), certificateExpiry(read(old.cert))];
  assert.ok(goodMs !== null && goodMs > Date.now());
  assert.ok(oldMs !== null && oldMs < Date.now());
  assert.equal(certificateExpiry(read(good.cert) + read(good.key) + read(old.cert)), oldMs);
  assert.equal(certificateExpiry(read(good.key)), null);
});

test('takes anything', () => {
  fc.assert(fc.property(fc.string(), (text) => certificateExpiry(text) === null));
  const framed = fc.string().map((text) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`);
  fc.assert(fc.property(framed, (text) => certificateExpiry(text) === null));
});
