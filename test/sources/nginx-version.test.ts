import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readNginxVersion } from '../../src/sources/nginx-version.ts';
import { findProgram, skipWithout } from '../support/programs.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-version-'));
after(() => rmSync(directory, { recursive: true }));

function program(content: Buffer | string): string {
  const path = join(directory, 'nginx');
  writeFileSync(path, content);
  return path;
}

describe('the version in a program file', () => {
  it('is what nginx -v says', { skip: skipWithout('nginx') }, async () => {
    const path = findProgram('nginx')!;
    const { stderr } = spawnSync(path, ['-v'], { encoding: 'utf8' });
    assert.equal(await readNginxVersion(path), /nginx\/([\d.]+)/.exec(stderr)?.[1]);
  });

  it('is found wherever chunks of reading are cut', async () => {
    const text = 'nginx version: nginx/1.29.7\n';
    for (const offset of [0, 1, 262_100, 262_117, 262_130, 262_143, 262_144, 524_200, 524_290]) {
      const content = Buffer.concat([Buffer.alloc(offset), Buffer.from(text), Buffer.alloc(100_000)]);
      assert.equal(await readNginxVersion(program(content)), '1.29.7', `at ${offset}`);
      assert.equal(
        await readNginxVersion(program(content.subarray(0, offset + text.length))),
        '1.29.7',
        `end ${offset}`,
      );
    }
  });

  it('is not known of others', async () => {
    for (const content of ['nginx version: openresty/1.27.1.2\n', 'nginx version: nginx/1.2', 'nginx/1.29.7', ''])
      assert.equal(await readNginxVersion(program(content)), null, content);
  });

  it('is not waited for at a FIFO, nor read from a directory', async () => {
    const fifo = join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    assert.equal(await readNginxVersion(fifo), null);
    assert.equal(await readNginxVersion(directory), null);
    await assert.rejects(readNginxVersion(join(directory, 'missing')), { code: 'ENOENT' });
  });
});
