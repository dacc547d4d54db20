import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { contentOf, isSameContent, kindOfChange } from '../../src/collectors/nginx-config-content.ts';
import { findVersionSocket, readRunningVersion } from '../../src/collectors/nginx-config-version.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import type { NginxConf } from '../../src/parse/nginx-conf-tree.ts';
import { HostFiles } from '../../src/sources/nginx-discovery-files.ts';
import { fixtureFiles, readFixture, resolverOf } from '../fixtures/nginx-conf/files.ts';

const NGF = { socketPath: '/var/run/nginx/nginx-config-version.sock', path: '/version', version: '7' };
const F5 = { socketPath: '/var/lib/nginx/nginx-config-version.sock', path: '/configVersion', version: '12' };

test('both products say in their configuration where their version answers', () => {
  assert.deepEqual(findVersionSocket(readFixture('ngf-1.6'), 'main'), NGF);
  assert.deepEqual(findVersionSocket(readFixture('f5'), 'main'), F5);
  for (const product of ['ngf-2.6', 'ingress-nginx', 'plain', 'stream'] as const)
    assert.equal(findVersionSocket(readFixture(product), 'main'), null);
});

/** The fixture after the controller wrote it anew, `change` made to every file. */
function rewritten(product: 'ngf-1.6' | 'f5', change: (text: string) => string): NginxConf {
  const files = new Map([...fixtureFiles(product)].map(([path, text]) => [path, change(text)]));
  const main = { path: '/etc/nginx/nginx.conf', text: files.get('/etc/nginx/nginx.conf')! };
  return readNginxConf(main, { resolve: resolverOf(files) });
}

test('the version itself is no change', () => {
  for (const [product, version] of [
    ['ngf-1.6', '7'],
    ['f5', '12'],
  ] as const) {
    const before = contentOf(readFixture(product), 'main');
    const bump = (text: string) =>
      text.replace(`return 200 ${version};`, 'return 200 99;').replace(`"${version}" ""`, '"99" ""');
    const after = contentOf(rewritten(product, bump), 'main');
    assert.equal(after.versionSocket?.version, '99');
    assert.ok(isSameContent(before, after), product);
    assert.equal(kindOfChange(before, after), 'reordered');
    const moved = contentOf(
      rewritten(product, (text) => bump(text).replace(/server 10\.\d+\.\d+\.\d+:/, 'server 10.9.9.9:')),
      'main',
    );
    assert.equal(kindOfChange(before, moved), 'endpoints_only', product);
  }
});

async function answering(t: TestContext, answer: string): Promise<HostFiles> {
  const root = mkdtempSync(join(tmpdir(), 'badgateway-version-'));
  mkdirSync(join(root, 'var/run/nginx'), { recursive: true });
  const server = createServer((request, response) => response.end(request.url === '/version' ? answer : 'no'));
  await new Promise<void>((resolve) => server.listen(join(root, NGF.socketPath), resolve));
  t.after(() => {
    server.close();
    rmSync(root, { recursive: true });
  });
  return new HostFiles(root);
}

test('the answer inside the root of the proxy', async (t) => {
  const { signal } = new AbortController();
  assert.equal(await readRunningVersion(NGF, await answering(t, '7\n'), signal), '7');
  assert.equal(await readRunningVersion(NGF, await answering(t, '<html>'), signal), null);
  assert.equal(await readRunningVersion(NGF, await answering(t, '7'.repeat(100)), signal), null);
  assert.equal(await readRunningVersion(F5, await answering(t, '12'), signal), null);
});
