import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Recording } from '../../src/commands/demo-recording.ts';
import { Replay } from '../../src/commands/demo-replay.ts';

const frame = (atMs: number, name: string, text: string) => ({ atMs, name, bytes: Buffer.from(text) });
const RECORDING: Recording = {
  durationMs: 3000,
  recordedAt: '',
  programs: [],
  notes: [],
  stages: [{ atMs: 1500, done: 'pod stops' }],
  errorLog: [frame(1000, 'error.log', 'one\n'), frame(2000, 'error.log', 'two\n')],
  kernel: [
    frame(0, 'self/net/netstat', 'first'),
    frame(0, '1/net', '../self/net'),
    frame(0, '20/stat', 'of a pod'),
    frame(1000, 'self/net/netstat', 'second, longer'),
    frame(1400, '21/stat', 'of its successor'),
    frame(1600, '20/', ''),
    frame(2500, 'self/net/netstat', 'third'),
  ],
  answers: [frame(0, 'stats', 'a: 0\n'), frame(1800, 'stats', 'a: 1\n')],
  nginx: [frame(0, 'nginx-T.txt', 'old'), frame(1300, 'nginx-T.txt', 'new')],
  written: [frame(0, 'endpoints.json', 'one'), frame(1300, 'endpoints.json', 'two')],
};

describe('replay', () => {
  it('repeats the log, the files under proc and the answers in the recorded order', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'badgateway-replay-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const read = (name: string) => readFileSync(join(directory, name), 'utf8');
    const story: string[] = [];
    const ended = Promise.withResolvers<void>();
    const replay = new Replay(RECORDING, {
      directory,
      speed: 1000,
      onAnswer: (request, bytes) => story.push(`${request} ${bytes}`.trim()),
      onStage: (atMs, done) => story.push(`${atMs} ${done}; log ${JSON.stringify(read('error.log'))}`),
      onEnd: () => ended.resolve(),
    });
    assert.equal(read('error.log'), '');
    assert.equal(read('proc/self/net/netstat'), 'first', 'the first state is there before the start');
    assert.equal(read('endpoints.json'), 'one');
    const inode = (name: string) => statSync(join(directory, name)).ino;
    const before = inode('proc/self/net/netstat');
    const reader = openSync(join(directory, 'endpoints.json'), 'r');
    t.after(() => closeSync(reader));
    assert.deepEqual(story, ['stats a: 0']);
    replay.start(ended.reject);
    await ended.promise;
    assert.equal(read('error.log'), 'one\ntwo\n');
    assert.equal(read('proc/self/net/netstat'), 'third', 'nothing is left of a longer state');
    assert.equal(inode('proc/self/net/netstat'), before, 'a network is told by the inode');
    assert.equal(inode('proc/1/net/netstat'), before, 'both are one network');
    assert.ok(!existsSync(join(directory, 'proc/20')));
    assert.equal(read('proc/21/stat'), 'of its successor');
    assert.equal(`${read('nginx-T.txt')} ${read('endpoints.json')}`, 'new two');
    assert.equal(readFileSync(reader, 'utf8'), 'one', 'who reads the file meanwhile reads one version of it');
    assert.deepEqual(story, ['stats a: 0', '1500 pod stops; log "one\\n"', 'stats a: 1']);
  });

  it('does nothing after stop', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const directory = mkdtempSync(join(tmpdir(), 'badgateway-replay-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const ignore = () => {};
    const replay = new Replay(RECORDING, { directory, speed: 1, onAnswer: ignore, onStage: ignore, onEnd: ignore });
    replay.start(ignore);
    replay.stop();
    rmSync(join(directory, 'error.log'));
    t.mock.timers.tick(10_000);
    assert.ok(!existsSync(join(directory, 'error.log')));
  });

  it('says what cannot be written, and ends there', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'badgateway-replay-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const ignore = () => {};
    const onEnd = () => assert.fail('something could not be written');
    const replay = new Replay(RECORDING, { directory, speed: 1000, onAnswer: ignore, onStage: ignore, onEnd });
    rmSync(join(directory, 'error.log'));
    mkdirSync(join(directory, 'error.log'));
    const error = await new Promise((failed) => replay.start(failed));
    assert.equal((error as NodeJS.ErrnoException).code, 'EISDIR');
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(readFileSync(join(directory, 'nginx-T.txt'), 'utf8'), 'old', 'what follows does not happen');
  });
});
