import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type ConfigInput, loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problem.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-config-'));
after(() => rmSync(directory, { recursive: true }));
let files = 0;

function load(yaml: string | null, rest: Partial<ConfigInput> = {}) {
  let file: string | undefined;
  if (yaml !== null) {
    file = join(directory, `${files++}.yaml`);
    writeFileSync(file, yaml);
  }
  return loadConfig({ file, environment: {}, flags: {}, ...rest }).config;
}

function problems(yaml: string | null, rest: Partial<ConfigInput> = {}): string[] {
  try {
    load(yaml, rest);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems.map(({ path, value, message }) => `${path}${value ? ` = ${value}` : ''}: ${message}`);
  }
  assert.fail('no problem found');
}

describe('loadConfig', () => {
  it('works with nothing, an empty file and a file of comments', () => {
    for (const yaml of [null, '', '# nothing\n\n', '---\n']) {
      const config = load(yaml);
      assert.equal(config.listen.metrics, ':9502');
      assert.equal(config.collectors.nginx_error_log.interval, 5000);
      assert.equal(config.collectors.conntrack.enabled, true);
    }
  });

  it('prefers flags to the environment to the file', () => {
    const yaml = 'log: {level: debug}\nlisten: {metrics: ":1", page: "127.0.0.1:2"}\n';
    const environment = { BADGATEWAY_LISTEN_METRICS: ':3', BADGATEWAY_LOG_LEVEL: 'warn', PATH: '/bin' };
    const config = load(yaml, { environment, flags: { 'log.level': 'error' } });
    assert.equal(config.log.level, 'error');
    assert.equal(config.listen.metrics, ':3');
    assert.equal(config.listen.page, '127.0.0.1:2');
  });

  it('reads lists, numbers and booleans from the environment', () => {
    const environment = {
      BADGATEWAY_COLLECTORS_NGINX_ERROR_LOG_FILES: '["/a.log", {path: "/b.log", gateway: edge}]',
      BADGATEWAY_COLLECTORS_ENVOY_ENABLED: 'false',
      BADGATEWAY_SERIES_LIMIT: '500',
    };
    const config = load(null, { environment });
    assert.deepEqual(config.collectors.nginx_error_log.files, [
      { path: '/a.log' },
      { path: '/b.log', gateway: 'edge' },
    ]);
    assert.equal(config.collectors.envoy.enabled, false);
    assert.equal(config.series_limit, 500);
  });

  it('is frozen after validation', () => {
    const config = load(null);
    assert.throws(() => {
      (config.listen as { metrics: string }).metrics = 'x';
    }, TypeError);
  });

  it('reports every mistake at once, with path, value and the way out', () => {
    const found = problems(`
listn: {metrics: ":9502"}
log: {level: verbose}
collectors:
  conntrak: {}
  netstat: {interval: 5 seconds}
  nginx_error_log: {files: [relative.log], peer_limit: 1}
`);
    assert.deepEqual(found.map((line) => line.split(/[ :=]/)[0]).sort(), [
      'collectors.conntrak',
      'collectors.netstat.interval',
      'collectors.nginx_error_log.files.0',
      'collectors.nginx_error_log.peer_limit',
      'listn',
      'log.level',
    ]);
    assert.ok(found.includes('listn: unknown key; did you mean listen?'));
    assert.ok(found.includes('collectors.conntrak: unknown key; did you mean collectors.conntrack?'));
    assert.ok(
      found.some((line) => line.startsWith('collectors.netstat.interval = "5 seconds": must be a duration such as')),
    );
  });

  for (const [name, yaml, expected] of [
    [
      'a bad glob',
      'collectors: {nginx_error_log: {files: ["/a/**/b.log"]}}',
      /files\.0 = "\/a\/\*\*\/b\.log": glob must not contain/,
    ],
    ['a list at the top', '- a\n', /must be a mapping/],
    ['broken YAML', 'log: {level: [', /is not YAML/],
    [
      'a bad range in brackets',
      'collectors: {nginx_error_log: {files: ["/a/[z-a].log"]}}',
      /files\.0 = "\/a\/\[z-a\]\.log": glob has a bad range in brackets: \[z-a\]\.log$/,
    ],
    [
      'a bracket that is not closed',
      'collectors: {nginx_error_log: {files: ["/var/log/[nginx/*.log"]}}',
      /nginx_error_log\.files\.0 = "\/var\/log\/\[nginx\/\*\.log": glob has a \[ without its \] in \[nginx; the sign itself is written \[\[\]$/,
    ],
    [
      'a brace that is not closed',
      'collectors: {nginx_access_log: {files: ["/var/log/{a,b/*.log"]}}',
      /nginx_access_log\.files\.0 = .*: glob has a \{ without its \} in \{a,b; the sign itself is written \[\{\]$/,
    ],
    [
      'a bad glob of Envoy',
      'collectors: {envoy_access_log: {files: ["/var/log/[envoy.log", {path: "envoy.log"}]}}',
      /envoy_access_log\.files\.0 = "\/var\/log\/\[envoy\.log": glob has a \[.*\n.*\.files\.1 = "envoy\.log": glob must be an absolute path/,
    ],
    [
      'a bad glob of a controller',
      'collectors: {controller_log: {files: ["/var/log/[ngf/*.log"]}}',
      /controller_log\.files\.0 = .*: glob has a \[ without its \]/,
    ],
    [
      'a duration out of bounds',
      'collectors: {netstat: {interval: 1ms}}',
      /interval = "1ms": must be between 50ms and 1h$/,
    ],
    [
      'a duration without a unit',
      'collectors: {netstat: {interval: 5}}',
      /interval = 5: must be a duration such as 500ms, 15s or 1m30s$/,
    ],
    [
      'a size out of bounds',
      'collectors: {envoy: {max_response_bytes: 5}}',
      /max_response_bytes = 5: must be between 64KiB and 4GiB$/,
    ],
    [
      'a size that is none',
      'collectors: {envoy: {max_response_bytes: [5]}}',
      /max_response_bytes = \[5\]: must be a size such as 65536, 64KiB or 8MiB$/,
    ],
    ['a number as a boolean', 'collectors: {netstat: {enabled: 1}}', /enabled = 1: must be true or false$/],
    ['YAML 1.1 booleans', 'collectors: {netstat: {enabled: yes}}', /enabled = "yes": must be true or false$/],
    ['a number as text', 'log: {level: debug}\ncheckpoint: {directory: 7}', /checkpoint\.directory = 7: must be text$/],
    ['a port alone', 'listen: {page: 9503}', /listen\.page = 9503: must be text, HOST:PORT: for example ":9502", or /],
    ['text as a mapping', 'collectors: on', /collectors = "on": must be a mapping \(key: value\)$/],
    ['a mapping as a list', 'traffic: {duration_buckets: {}}', /duration_buckets = \{\}: must be a list \(\[a, b\]\)$/],
    ['a list without entries', 'traffic: {duration_buckets: []}', /duration_buckets = \[\]: must not be empty$/],
    ['a fraction', 'series_limit: 100.5', /series_limit = 100\.5: must be a whole number$/],
    ['too little', 'series_limit: 3', /series_limit = 3: must be at least 100$/],
    ['nothing, or less', 'traffic: {duration_buckets: [0]}', /duration_buckets\.0 = 0: must be more than 0$/],
    ['too much', 'series_limit: 1e9', /series_limit = 1000000000: must be at most 1000000$/],
    [
      'too long a text',
      `upstreams: {services: [{upstream: ${'x'.repeat(201)}, service: none}]}`,
      /services\.0\.upstream = .*: must be at most 200 characters$/m,
    ],
    ['a value of a closed set', 'log: {level: loud}', /log\.level = "loud": must be one of debug, info, warn, error$/],
    [
      'neither one thing nor the other',
      'collectors: {nginx_error_log: {files: [7]}}',
      /files\.0 = 7: must be text, or must be a mapping \(key: value\)$/,
    ],
    [
      'one of several things without what it needs',
      'collectors: {nginx_error_log: {files: [{gateway: edge}]}}',
      /files\.0 = \{"gateway":"edge"\}: path is missing$/,
    ],
  ] as const) {
    it(`names ${name}`, () => assert.match(problems(yaml).join('\n'), expected));
  }

  it('names a missing file, an unknown variable and an unknown flag', () => {
    assert.throws(
      () => loadConfig({ file: '/nonexistent/x.yaml', environment: {}, flags: {} }),
      /cannot be read \(ENOENT: there is no such file\)/,
    );
    assert.match(problems(null, { environment: { BADGATEWAY_LOG_LEVL: 'x' } })[0], /did you mean BADGATEWAY_LOG_LEVEL/);
    assert.match(problems(null, { flags: { 'log.levl': 'x' } })[0], /did you mean log.level/);
    const wrong = { environment: {}, flags: { 'log.level': 'loud' } };
    assert.throws(() => loadConfig(wrong), /^ConfigError: flags and environment: 1 problem\n {2}log\.level = "loud"/);
  });

  it('names a format of an access log that nobody defines', () => {
    const yaml = (format: string) =>
      `collectors: {nginx_access_log: {files: [/a.log, {path: /b.log, format: ${format}}], formats: {own: $status}}}`;
    for (const format of ['own', 'auto', 'combined']) load(yaml(format));
    const [problem, ...more] = problems(yaml('onw'));
    assert.match(
      problem,
      /^collectors\.nginx_access_log\.files\.1\.format = "onw": there is no such format; .*\bown\b/,
    );
    assert.deepEqual(more, []);
  });

  it('proposes no key that is another word', () => {
    assert.deepEqual(problems('collectors: {nope: {}}\nnope: 1\n'), [
      'collectors.nope: unknown key; remove it; docs/configuration.md lists every key',
      'nope: unknown key; remove it; docs/configuration.md lists every key',
    ]);
  });

  it('does not print what may be a secret', () => {
    const text = problems('collectors: {envoy: {targets: [{url: "http://user:hunter2@10.0.0.1:1"}]}}').join('\n');
    assert.doesNotMatch(text, /hunter2/);
  });
});
