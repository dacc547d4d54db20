import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { COLLECTORS } from '../../src/collectors/index.ts';
import { lookHere } from '../../src/commands/diagnose-look.ts';
import { configToLook } from '../../src/commands/diagnose-observer.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-look-'));
const file = join(directory, 'badgateway.yaml');
after(() => rmSync(directory, { recursive: true }));

function configure(config: object): string {
  writeFileSync(file, JSON.stringify(config));
  return file;
}

describe('a look of our own', () => {
  it('polls everything often enough to poll twice, and keeps what is quicker', () => {
    const path = configure({ collectors: { netstat: { interval: '1s' }, audit: { enabled: false } } });
    const { config } = configToLook(path, {});
    for (const [name, { interval }] of Object.entries(config.collectors))
      assert.ok(name === 'nginx_error_log' || interval <= 3000, name);
    assert.deepEqual([config.collectors.netstat.interval, config.collectors.audit.enabled], [1000, false]);
    assert.equal(config.collectors.nginx_error_log.enabled, false);
  });

  it('cares for no listener, as it has none', () => {
    const path = configure({ listen: { page: ':9503' }, web: { config_file: '/nonexistent' } });
    const { listen, web } = configToLook(path, {}).config;
    assert.deepEqual([listen.page, web.config_file], ['127.0.0.1:9503', '']);
  });

  it('ends when everything was polled twice, with what each source said', async () => {
    const log = join(directory, 'error.log');
    writeFileSync(log, '');
    const off = COLLECTORS.filter(({ name }) => !['nginx_error_log', 'sockstat'].includes(name));
    const collectors = {
      ...Object.fromEntries(off.map(({ name }) => [name, { enabled: false }])),
      nginx_error_log: { files: [log] },
    };
    const told: string[] = [];
    const onProgress = (sentence: string) => void told.push(sentence);
    const { looked, notes } = await lookHere({
      configFile: configure({ collectors }),
      sinceMs: Date.now() - 1000,
      onProgress,
    });
    assert.deepEqual(
      looked.status.collectors.map(({ name }) => name),
      ['nginx_error_log', 'sockstat'],
    );
    assert.deepEqual([looked.status.collectors[0].state, looked.incidents.incidents, notes], ['ok', [], []]);
    assert.ok(told.some((sentence) => /of at most 12 s, \d of 1 sources read twice/.test(sentence)));
  });
});
