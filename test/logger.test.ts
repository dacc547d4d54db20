import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

function log(format: string, level = 'info'): string[] {
  const script = `
    import { createLogger } from './src/logger.ts';
    const log = createLogger({ level: '${level}', format: '${format}' });
    log.debug({}, 'quiet');
    log.info({ collector: 'netstat', detail: 'two words' }, 'collector state');
    log.error({ n: 1 }, 'broken');`;
  const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
  });
  assert.equal(stdout, '', 'standard output is for the command');
  return stderr.trim().split('\n');
}

describe('createLogger', () => {
  it('writes JSON with a constant sentence and fields', () => {
    const [first, second] = log('json').map((line) => JSON.parse(line));
    assert.deepEqual(
      { ...first, time: '' },
      { level: 'info', time: '', collector: 'netstat', detail: 'two words', msg: 'collector state' },
    );
    assert.match(first.time, /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.equal(second.level, 'error');
  });
  it('writes text for people', () => {
    assert.match(log('text')[0], /^\d\d:\d\d:\d\d info {2}collector state {2}collector=netstat detail="two words"$/);
  });
  it('is JSON when nobody watches, and obeys the level', () => {
    assert.equal(log('auto', 'error').length, 1);
    assert.equal(JSON.parse(log('auto', 'error')[0]).msg, 'broken');
  });
});

for (const format of ['json', 'text'])
  it(`${format}: a full disk does not end who logs, and what did not fit is written later`, (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'badgateway-log-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const script = `
      import { closeSync, openSync } from 'node:fs';
      import { createLogger } from './src/logger.ts';
      const log = createLogger({ level: 'info', format: '${format}' });
      const put = (path, flags) => { closeSync(2); if (openSync(path, flags) !== 2) throw new Error('not 2'); };
      put('/dev/full', 'w');
      log.info({ n: 1 }, 'while full');
      for (let n = 0; n < 30_000; n++) log.info({ n }, 'more than is kept');
      put('${join(directory, 'log')}', 'a');
      setTimeout(() => {
        log.info({}, 'with room');
        process.stdout.write('alive');
      }, 1200);`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      encoding: 'utf8',
    });
    assert.deepEqual([status, stdout], [0, 'alive']);
    const lines = readFileSync(join(directory, 'log'), 'utf8').trim().split('\n');
    assert.match(lines[0] ?? '', /while full/);
    assert.match(lines.at(-1) ?? '', /with room/);
    assert.ok(lines.length > 5000 && lines.length < 30_000, `${lines.length} lines`);
    const told = lines.filter((line) => /log lines were lost/.test(line));
    const lost = told.map((line) => Number(/lines"?[:=](\d+)/.exec(line)?.[1]));
    assert.deepEqual(lost, [30_003 - lines.length], 'said once, with all that are missing');
  });
