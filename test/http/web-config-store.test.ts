import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { WebConfigStore } from '../../src/http/web-config-store.ts';
import { createAuthority } from '../support/certs.ts';
import { createDoubles } from '../support/http-doubles.ts';

const USER = 'basic_auth_users:\n  a: $2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG\n';
const TLS = 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n';
const OK = 'badgateway_http_web_config_last_reload_successful';
const FAILURES = 'badgateway_http_web_config_reload_failures_total';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'badgateway-store-'));
  path = join(directory, 'web.yml');
});
afterEach(() => rmSync(directory, { recursive: true }));

function openStore(content: string, mustAuthenticate: string | null = null) {
  const doubles = createDoubles();
  writeFileSync(path, content);
  const store = new WebConfigStore({ path, mustAuthenticate, writers: doubles.writers, log: doubles.log });
  const seen: number[] = [];
  store.onChange((config) => seen.push(config.users.size));
  return { store, seen, ...doubles };
}

describe('WebConfigStore', () => {
  it('throws at start when the file is bad', () => assert.throws(() => openStore('foo: 1\n'), /foo: 1: unknown key/));

  it('takes a changed file over and tells listeners once', () => {
    const { store, seen, value } = openStore('');
    store.refresh();
    writeFileSync(path, USER);
    store.refresh();
    store.refresh();
    assert.deepEqual([store.current.users.size, seen, value(OK), value(FAILURES)], [1, [1], 1, 0]);
  });

  it('keeps the old version of a bad file, counts and logs it once, and takes the repaired one', () => {
    const { store, seen, value, logged } = openStore(USER);
    writeFileSync(path, 'foo: 1\n');
    for (let i = 0; i < 3; i++) store.refresh();
    assert.deepEqual([store.current.users.size, seen, value(OK), value(FAILURES)], [1, [], 0, 1]);
    assert.deepEqual(
      logged.map(({ level }) => level),
      ['error'],
    );
    writeFileSync(path, '');
    store.refresh();
    assert.deepEqual([store.current.users.size, seen, value(OK), value(FAILURES)], [0, [0], 1, 1]);
  });

  it('keeps the old version when the file is gone', () => {
    const { store, value } = openStore(USER);
    rmSync(path);
    store.refresh();
    assert.deepEqual([store.current.users.size, value(FAILURES)], [1, 1]);
  });

  it('sees a directory swapped by symlink, as Kubernetes updates a secret', () => {
    const authority = createAuthority(directory);
    for (const version of ['one', 'two']) {
      authority.issue(version, `DNS:${version}`);
    }
    const link = join(directory, 'current.pem');
    symlinkSync(join(directory, 'one.pem'), link);
    copyFileSync(join(directory, 'one.key'), join(directory, 'server.key'));
    const { store, value } = openStore('tls_server_config:\n  cert_file: current.pem\n  key_file: server.key\n');
    const before = store.current.tls?.context.cert;
    symlinkSync(join(directory, 'two.pem'), `${link}.new`);
    renameSync(`${link}.new`, link);
    store.refresh();
    assert.equal(store.current.tls?.context.cert, before, 'the certificate alone does not fit the old key');
    assert.deepEqual([value(OK), value(FAILURES)], [0, 1]);
    copyFileSync(join(directory, 'two.key'), join(directory, 'server.key'));
    store.refresh();
    assert.notEqual(store.current.tls?.context.cert, before);
    assert.equal(value(OK), 1);
  });

  it('refuses to change between HTTP and HTTPS', () => {
    const { store, logged } = openStore('');
    createAuthority(directory).issue('server', 'DNS:x');
    writeFileSync(path, TLS);
    store.refresh();
    assert.equal(store.current.tls, null);
    assert.match(JSON.stringify(logged), /changing between HTTP and HTTPS needs a restart/);
  });

  it('never lets go of authentication that the page needs', () => {
    assert.throws(() => openStore('', '--web.page-address: needs it'), /needs it/);
    const { store } = openStore(USER, '--web.page-address: needs it');
    writeFileSync(path, '');
    store.refresh();
    assert.equal(store.current.users.size, 1);
  });

  it('starts a new rate limit with the file', () => {
    const { store } = openStore('rate_limit:\n  interval: 1h\n  burst: 1\n');
    assert.deepEqual([store.limit?.allow(0), store.limit?.allow(0)], [true, false]);
    writeFileSync(path, 'rate_limit:\n  interval: 1h\n  burst: 2\n');
    store.refresh();
    assert.equal(store.limit?.allow(0), true);
    writeFileSync(path, '');
    store.refresh();
    assert.equal(store.limit, null);
  });
});
