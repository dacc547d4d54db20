import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadWebConfig, requiresAuthentication, WebConfigError } from '../../src/http/web-config.ts';
import { createAuthority } from '../support/certs.ts';
import { skipWithout } from '../support/programs.ts';
import { BAD, GOOD, HASH, HTTP, MTLS, STRICTER, TLS, YOUNG_BAD } from './web-config-cases.ts';

/** Keys younger than the promtool of Debian 12 (exporter-toolkit 0.8): it cannot judge a file that has them. */
const YOUNG = /field (client_allowed_sans|rate_limit|cert|key|client_ca) not found/;

const directory = mkdtempSync(join(tmpdir(), 'badgateway-web-config-'));
const path = join(directory, 'web.yml');
const promtool = skipWithout('promtool') === false;

before(() => {
  const authority = createAuthority(directory);
  authority.issue('server', 'DNS:localhost,IP:127.0.0.1');
  authority.issue('other', 'DNS:other');
  mkdirSync(join(directory, 'sub'));
});
after(() => rmSync(directory, { recursive: true }));

function problemsOf(content: string): readonly string[] {
  writeFileSync(path, content);
  try {
    loadWebConfig(path);
    return [];
  } catch (error) {
    assert.ok(error instanceof WebConfigError, String(error));
    return error.problems;
  }
}

/** What promtool says: accepted, refused, or null when it is too old for a key. */
function promtoolAccepts(): boolean | null {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'web-config', path], { encoding: 'utf8' });
  return YOUNG.test(stdout + stderr) ? null : status === 0;
}

describe('loadWebConfig accepts what promtool accepts', () => {
  for (const [story, content] of Object.entries(GOOD)) {
    it(story, (t) => {
      assert.deepEqual(problemsOf(content), []);
      if (!promtool) return t.diagnostic('promtool is not installed');
      assert.notEqual(promtoolAccepts(), false);
    });
  }
});

describe('loadWebConfig refuses what promtool refuses, and says what to do', () => {
  for (const [story, [content, ...expected]] of Object.entries(BAD)) {
    it(story, (t) => {
      const problems = problemsOf(content);
      for (const pattern of expected)
        assert.ok(
          problems.some((problem) => pattern.test(problem)),
          `${pattern} in ${JSON.stringify(problems)}`,
        );
      if (!promtool) return t.diagnostic('promtool is not installed');
      assert.equal(promtoolAccepts(), false);
    });
  }
});

describe('loadWebConfig is stricter than promtool where the file cannot be meant', () => {
  for (const [story, [content, pattern]] of Object.entries({ ...STRICTER, ...YOUNG_BAD })) {
    it(story, () => assert.match(problemsOf(content).join('\n'), pattern));
  }
  for (const [story, [content]] of Object.entries(STRICTER)) {
    it(`promtool takes ${story}`, { skip: promtool ? false : 'promtool is not installed' }, () => {
      writeFileSync(path, content);
      assert.equal(promtoolAccepts(), true);
    });
  }
});

describe('loadWebConfig', () => {
  it('shows no hash and no key in an error', () => {
    const text = problemsOf(`basic_auth_users:\n  a: ${HASH}x\ntls_server_config:\n  key: [${HASH}]\n`).join('\n');
    assert.equal(text.split('(hidden)').length, 3);
    assert.ok(!text.includes('X0h1gDs'));
  });

  it('names a missing web config file', () => {
    assert.throws(
      () => loadWebConfig(join(directory, 'no.yml')),
      /^WebConfigError: web config file .*no\.yml:\n {2}- no such file/,
    );
  });

  it('resolves paths from the directory of the file and reports the files it read', () => {
    problemsOf(MTLS);
    const { config, files } = loadWebConfig(path);
    assert.deepEqual(
      files,
      ['server.pem', 'server.key', 'ca.pem'].map((name) => join(directory, name)),
    );
    assert.equal(config.tls?.context.cert, readFileSync(join(directory, 'server.pem'), 'utf8'));
  });

  it('takes certificates inline', () => {
    const indent = (file: string): string =>
      readFileSync(join(directory, file), 'utf8').trim().replaceAll('\n', '\n    ');
    assert.deepEqual(
      problemsOf(`tls_server_config:\n  cert: |\n    ${indent('server.pem')}\n  key: |\n    ${indent('server.key')}\n`),
      [],
    );
    assert.notEqual(loadWebConfig(path).config.tls, null);
  });

  it('reads durations as Go does', () => {
    for (const [text, ms] of [
      ['1s', 1000],
      ['1m30s', 90_000],
      ['0.5s', 500],
      ['250us', 0.25],
      ['0', 0],
      ['5000000', 5],
    ] as const) {
      assert.deepEqual(problemsOf(`rate_limit:\n  interval: ${text}\n  burst: 1\n`), []);
      assert.deepEqual(loadWebConfig(path).config.rateLimit, { intervalMs: ms, burst: 1 });
    }
  });

  it('keeps headers that have a value', () => {
    problemsOf(`${HTTP}  headers:\n    X-XSS-Protection: 0\n    Strict-Transport-Security: ""\n`);
    assert.deepEqual([...loadWebConfig(path).config.headers], [['X-XSS-Protection', '0']]);
  });

  it('knows which files require authentication', () => {
    for (const [content, required] of [
      ['', false],
      [TLS, false],
      [`${TLS}  client_auth_type: RequireAnyClientCert\n`, false],
      [MTLS, true],
      [`basic_auth_users:\n  a: ${HASH}\n`, true],
    ] as const) {
      assert.deepEqual(problemsOf(content), []);
      assert.equal(requiresAuthentication(loadWebConfig(path).config), required);
    }
  });
});

describe('docs/web-config.md', () => {
  const page = readFileSync(new URL('../../docs/web-config.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/```yaml\n# web\.yml[^\n]*\n(.*?)```/gs)].map(([, content]) => content);

  it('has examples', () => assert.ok(examples.length >= 5, String(examples.length)));
  for (const [index, content] of examples.entries()) {
    it(`example ${index + 1} is accepted by us and by promtool`, (t) => {
      assert.deepEqual(problemsOf(content), []);
      if (!promtool) return t.skip('promtool is not installed');
      const young = /client_allowed_sans|rate_limit/.test(content);
      assert.equal(promtoolAccepts(), young ? null : true);
    });
  }
});
