import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { expiry } from '../../src/collectors/expiry.ts';
import type { ConditionReport } from '../../src/contract/upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { createAuthority } from '../support/certs.ts';
import { testContext } from '../support/context.ts';

const createExpiry = await expiry.load();

const SUBJECT = 'namespace="",pod="",container=""';

function setUp(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-expiry-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const registry = new MetricRegistry({ now: () => Date.now() });
  const conditions = new Map<string, ConditionReport>();
  return {
    directory,
    conditions,
    at: (name: string) => join(directory, name),
    start: (config: object) =>
      createExpiry(
        expiry.schema.parse({ own_token: false, ...config }),
        testContext(registry.writers(expiry.metrics), {
          conditions: { condition: (report) => void conditions.set(report.condition, report) },
        }),
      ),
    samples: async () =>
      (await registry.render('text', 'test'))
        .toString()
        .split('\n')
        .filter((line) => /^badgateway_(token|cert)/.test(line)),
  };
}

function writeToken(path: string, seconds: number): void {
  const claims = Buffer.from(JSON.stringify({ exp: seconds, sub: 'secret' })).toString('base64url');
  writeFileSync(path, `e30.${claims}.c2ln`);
}

test('says when tokens expire, and that one has', async (t) => {
  const { at, start, samples, conditions } = setUp(t);
  const soon = Math.floor(Date.now() / 1000) + 300;
  writeToken(at('agent'), soon);
  const unit = start({ tokens: [{ path: at('agent'), name: 'agent', gateway: 'edge' }] });
  assert.deepEqual(await unit.poll(AbortSignal.abort()), { state: 'ok', detail: '1 of 1 files' });
  assert.deepEqual(await samples(), [
    `badgateway_token_expiry_timestamp_seconds{${SUBJECT},gateway="edge",name="agent"} ${soon}`,
  ]);
  assert.equal(conditions.get('token_expired')?.isActive, false);
  writeToken(at('agent'), soon - 600);
  await unit.poll(AbortSignal.abort());
  assert.equal(conditions.get('token_expired')?.isActive, true);
  assert.match(conditions.get('token_expired')!.evidence, /^agent expired 20\d\d-/);
  writeFileSync(at('agent'), 'no token');
  await assert.rejects(async () => await unit.poll(AbortSignal.abort()), /agent has no JSON Web Token/);
  assert.deepEqual(await samples(), [], 'what is not known has no series');
  assert.equal(conditions.get('token_expired')?.isActive, null);
});

test('says when certificates expire, and goes on where one cannot be read', async (t) => {
  const { at, start, samples, conditions, directory } = setUp(t);
  const authority = createAuthority(directory);
  const { cert } = authority.issue('old', 'DNS:a.example', { expired: true });
  const unit = start({ certificates: [{ path: cert, gateway: 'edge' }, at('none')] });
  const outcome = await unit.poll(AbortSignal.abort());
  assert.deepEqual(outcome, { state: 'ok', detail: '1 of 2 files' });
  const { validFromDate, validToDate } = new X509Certificate(readFileSync(cert));
  assert.deepEqual(await samples(), [
    `badgateway_certificate_expiry_timestamp_seconds{${SUBJECT},gateway="edge",name="${cert}"} ${+validToDate / 1000}`,
    `badgateway_certificate_not_before_timestamp_seconds{${SUBJECT},gateway="edge",name="${cert}"} ${+validFromDate / 1000}`,
  ]);
  assert.equal(conditions.get('certificate_expired')?.isActive, true);
  assert.deepEqual(
    unit.targets?.().map(({ state }) => state),
    ['ok', 'absent'],
  );
  unit.stop?.();
  assert.deepEqual(await samples(), []);
});

test('tells what is not there from what may not be read and from what is wrong', async (t) => {
  const { at, start } = setUp(t);
  const poll = async (config: object) => await start(config).poll(AbortSignal.abort());
  assert.equal((await poll({})).state, 'absent');
  assert.equal((await poll({ tokens: [at('none')] })).state, 'absent');
  chmodSync(at('.'), 0o755);
  assert.throws(() => expiry.schema.parse({ tokens: ['relative'] }), /absolute path/);
});
