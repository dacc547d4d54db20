import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
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
