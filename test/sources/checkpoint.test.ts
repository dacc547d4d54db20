import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Logger, Persistent } from '../../src/contract/unit.ts';
import { Checkpoint } from '../../src/sources/checkpoint.ts';

const clock = { now: () => 1_795_230_000_000 };

function quietLog(): Logger & { warnings: string[] } {
  const warnings: string[] = [];
  const ignore = () => {};
  return { warnings, debug: ignore, info: ignore, error: ignore, warn: (_fields, sentence) => warnings.push(sentence) };
}

const realSetTimeout = setTimeout;
const turnOfTheLoop = () => new Promise((resolve) => realSetTimeout(resolve, 1));

/** A clock that timers and performance.now() share; returns what moves it on by a second. */
function steppedTime(t: TestContext): () => void {
  let nowMs = performance.now();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => nowMs);
  return () => {
    nowMs += 1_000;
    t.mock.timers.tick(1_000);
  };
}

class Part implements Persistent {
  value: unknown;
  restored: unknown;
  urgent = true;

  constructor(value: unknown) {
    this.value = value;
  }

  isUrgent(): boolean {
    return this.urgent;
  }

  save(): unknown {
    return this.value;
  }

  restore(saved: unknown): void {
    this.restored = saved;
  }
}

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function open(directory: string | undefined, parts: Record<string, Part> = {}, log = quietLog()): Checkpoint {
  const checkpoint = new Checkpoint({ directory, clock, log });
  for (const [name, part] of Object.entries(parts)) checkpoint.register(name, part);
  return checkpoint;
}

test('parts come back, those registered after the load too', (t) => {
  const directory = join(temporary(t), 'made');
  const first = open(directory, { tail: new Part({ offset: 7 }), counts: new Part([1, 2]) });
  assert.equal(first.load(), 'fresh');
  first.save();
  assert.equal(statSync(join(directory, 'state.json')).mode & 0o777, 0o600);
  const early = new Part(null);
  const second = open(directory, { tail: early });
  assert.equal(second.load(), 'restored');
  assert.deepEqual(early.restored, { offset: 7 });
  const late = new Part(null);
  second.register('counts', late);
  assert.deepEqual(late.restored, [1, 2]);
});

test('a part of a unit that is switched off is kept', (t) => {
  const directory = temporary(t);
  open(directory, { tail: new Part(1), envoy: new Part(2) }).save();
  const second = open(directory, { tail: new Part(3) });
  second.load();
  second.save();
  assert.deepEqual(JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')).parts, { tail: 3, envoy: 2 });
});

test('nothing is written when nothing has changed', (t) => {
  const directory = temporary(t);
  const part = new Part(1);
  const checkpoint = open(directory, { tail: part });
  checkpoint.save();
  rmSync(join(directory, 'state.json'));
  checkpoint.save();
  assert.deepEqual(readdirSync(directory), []);
  part.value = 2;
  checkpoint.save();
  assert.deepEqual(readdirSync(directory), ['state.json']);
});

test('a name can be registered once', () => {
  const checkpoint = open(undefined, { tail: new Part(1) });
  assert.throws(() => checkpoint.register('tail', new Part(2)), /registered twice: tail/);
});

for (const [story, text] of [
  ['cut off', '{"version":1,"parts":{"tail":'],
  ['of another version', '{"version":99,"parts":{}}'],
  ['without parts', '{"version":1}'],
  ['not an object', 'null'],
  ['empty', ''],
]) {
  test(`a file ${story} is set aside`, (t) => {
    const directory = temporary(t);
    const log = quietLog();
    writeFileSync(join(directory, 'state.json'), text);
    const part = new Part(1);
    const checkpoint = open(directory, { tail: part }, log);
    assert.equal(checkpoint.load(), 'set_aside');
    assert.equal(part.restored, undefined);
    assert.match(checkpoint.state().detail, /^set aside: /);
    assert.deepEqual(log.warnings, ['checkpoint set aside, starting fresh']);
    assert.deepEqual(readdirSync(directory), ['state.json.corrupt-1']);
  });
}

test('three unusable files are kept', (t) => {
  const directory = temporary(t);
  for (let round = 1; round <= 5; round += 1) {
    writeFileSync(join(directory, 'state.json'), `bad ${round}`);
    open(directory).load();
  }
  assert.deepEqual(
    readdirSync(directory).sort(),
    [3, 4, 5].map((number) => `state.json.corrupt-${number}`),
  );
});

test('a directory that cannot be written: everything goes on, it is said once, and it is tried again', (t) => {
  if (process.getuid?.() === 0) {
    // Root may write anywhere: do as nobody does.
    process.seteuid?.(65_534);
    t.after(() => process.seteuid?.(0));
  }
  const directory = join(temporary(t), 'read-only');
  mkdirSync(directory);
  chmodSync(directory, 0o500);
  const log = quietLog();
  const part = new Part(1);
  const checkpoint = open(directory, { tail: part }, log);
  assert.equal(checkpoint.load(), 'fresh');
  checkpoint.save();
  part.value = 2;
  checkpoint.save();
  assert.equal(checkpoint.state().ok, false);
  assert.match(checkpoint.state().detail, /^cannot be saved: EACCES/);
  assert.equal(log.warnings.length, 1);
  chmodSync(directory, 0o700);
  checkpoint.save();
  assert.deepEqual(checkpoint.state(), { ok: true, detail: 'saved', lastSavedMs: clock.now() });
});

test('no directory: disabled, and nothing is written', () => {
  const checkpoint = open(undefined, { tail: new Part(1) });
  assert.equal(checkpoint.load(), 'disabled');
  checkpoint.save();
  assert.deepEqual(checkpoint.state(), {
    ok: false,
    detail: 'no checkpoint directory is configured',
    lastSavedMs: null,
  });
});

test('the timer saves in the background, the stop saves the last value', async (t) => {
  const directory = temporary(t);
  const part = new Part('first');
  const checkpoint = open(directory, { tail: part });
  const tick = steppedTime(t);
  const saved = () => JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')).parts.tail;
  checkpoint.load();
  checkpoint.start();
  assert.equal(saved(), 'first', 'saved at start');
  part.value = 'second';
  tick();
  while (saved() === 'first') await new Promise((resolve) => setImmediate(resolve));
  assert.equal(saved(), 'second');
  part.value = 'third';
  tick();
  part.value = 'last';
  await checkpoint.stop();
  assert.equal(saved(), 'last', 'a background save in flight does not come after it');
  assert.deepEqual(readdirSync(directory), ['state.json']);
});

test('what can be read again after a crash waits for the fifth interval', async (t) => {
  const directory = temporary(t);
  const part = new Part(0);
  part.urgent = false;
  const checkpoint = open(directory, { tail: part });
  const tick = steppedTime(t);
  checkpoint.load();
  checkpoint.start();
  const savedAfter = async () => {
    tick();
    // Written beside and renamed once the disk has it.
    do await turnOfTheLoop();
    while (existsSync(join(directory, 'state.json.tmp')));
    return JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')).parts.tail;
  };
  const seen: unknown[] = [];
  for (part.value = 1; (part.value as number) <= 5; part.value = (part.value as number) + 1)
    seen.push(await savedAfter());
  assert.deepEqual(seen, [0, 0, 0, 0, 5]);
  part.value = 6;
  part.urgent = true;
  assert.equal(await savedAfter(), 6);
  await checkpoint.stop();
});
