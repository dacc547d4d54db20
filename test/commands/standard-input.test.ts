import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { runAudit } from '../../src/commands/audit.ts';
import { readAll } from '../../src/commands/standard-input.ts';

const CONF = Buffer.from('events {}\nhttp {}\n');

async function notesOf(stdin: Readable, options: { readonly files: string[]; readonly kubernetes?: string }) {
  const notes: string[] = [];
  await runAudit(options, { out: () => {}, note: (one) => void notes.push(one), stdin });
  return notes;
}

describe('standard input', () => {
  it('whoever forgot the pipe is told what is waited for', async () => {
    const terminal = () => Object.assign(Readable.from([CONF]), { isTTY: true });
    const conf = 'reading the text of nginx -T from the terminal; end with Ctrl-D';
    assert.ok((await notesOf(terminal(), { files: ['-'] })).includes(conf));
    const manifests = 'reading manifests from the terminal; end with Ctrl-D';
    assert.ok((await notesOf(terminal(), { files: [], kubernetes: '-' })).includes(manifests));
  });

  it('of a pipe nothing is said', async () => {
    const notes = await notesOf(Readable.from([CONF]), { files: ['-'] });
    assert.doesNotMatch(notes.join('\n'), /from the terminal/);
  });

  it('is refused beyond its limit', async () => {
    assert.equal(await readAll(Readable.from([CONF]), CONF.length), CONF.toString());
    await assert.rejects(readAll(Readable.from([CONF]), CONF.length - 1), /longer than 17 bytes/);
  });
});
