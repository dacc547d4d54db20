import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EnvoyParseError } from '../../src/parse/envoy-json.ts';
import { parseServerInfo } from '../../src/parse/envoy-server-info.ts';

const REAL = readFileSync(new URL('../fixtures/envoy/server_info.json', import.meta.url), 'utf8');

describe('parseServerInfo', () => {
  it('reads a real answer', () => {
    const { version, state, uptimeSeconds, uptimeAllSeconds, ...options } = parseServerInfo(REAL);
    assert.deepEqual([options.restartEpoch, options.concurrency, options.fileFlushMs], [0, 1, 10_000]);
    assert.match(options.configPath, /\.(yaml|json)$/);
    assert.deepEqual([version, state, uptimeSeconds], ['1.36.4', 'LIVE', uptimeAllSeconds]);
    assert.ok(uptimeSeconds > 0);
  });

  it('reads the one line of Envoy up to 1.8', () => {
    const text = 'envoy 267a4d/1.8.0-dev/Clean/RELEASE live 571 571 0\n';
    assert.deepEqual(parseServerInfo(text), {
      version: '1.8.0-dev',
      state: 'LIVE',
      uptimeSeconds: 571,
      uptimeAllSeconds: 571,
      restartEpoch: 0,
      concurrency: null,
      fileFlushMs: null,
      configPath: '',
    });
  });

  it('tells options that are not said from an epoch of 0', () => {
    const read = (options: string) => {
      const { restartEpoch, concurrency } = parseServerInfo(`{"version":"a/1.2.3/b"${options}}`);
      return [restartEpoch, concurrency];
    };
    assert.deepEqual(read(''), [null, null]);
    assert.deepEqual(read(',"command_line_options":{"concurrency":8}'), [0, 8]);
    assert.deepEqual(read(',"command_line_options":{"concurrency":8,"restart_epoch":3}'), [3, 8]);
    assert.deepEqual(read(',"command_line_options":{"concurrency":"8","restart_epoch":-1}'), [null, null]);
    assert.deepEqual(read(',"command_line_options":7'), [null, null]);
  });

  it('reads how often logs are written, also of less than a second', () => {
    const read = (value: string) =>
      parseServerInfo(`{"version":"a/1.2.3/b","command_line_options":{"file_flush_interval":${value}}}`).fileFlushMs;
    assert.deepEqual(['"1s"', '"0.500s"', '"60s"', '"soon"', '7'].map(read), [1_000, 500, 60_000, null, null]);
  });

  it('takes an omitted state as LIVE and an unknown one as UNKNOWN', () => {
    assert.equal(parseServerInfo('{"version":"a/1.2.3/b"}').state, 'LIVE');
    assert.equal(parseServerInfo('{"version":"a/1.2.3/b","state":"ODD"}').state, 'UNKNOWN');
  });

  for (const text of ['', '<html>', '{}', '[]', 'null', '{"version":"nginx"}', '{"version":5}'])
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseServerInfo(text), EnvoyParseError));

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.integer({ min: 0, max: REAL.length }).map((n) => REAL.slice(0, n)),
        ),
        (text) => {
          try {
            parseServerInfo(text);
          } catch (error) {
            assert.ok(error instanceof EnvoyParseError, String(error));
          }
        },
      ),
    );
  });
});
