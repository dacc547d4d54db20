import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProcessClock, START_ERROR_MS } from '../../src/sources/process-clock.ts';
import { readProcessStat } from '../../src/sources/process-stat.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';

test('ticks since boot become milliseconds since the epoch', (t) => {
  const proc = new FakeProc(t).write('uptime', '1000.25 3000.00\n');
  const clock = new ProcessClock(openProcfs(proc.root), () => 5_000_000);
  assert.equal(clock.startMs(100_000), 4_999_750);
  assert.equal(clock.startMs(0), 3_999_750);
});

test('a process that stood still between the two clocks reads both again', (t) => {
  const proc = new FakeProc(t).write('uptime', '1000.25 3000.00\n');
  const clockThatSays = (...moments: number[]) => {
    return () => (moments.length > 1 ? moments.shift()! : moments[0]);
  };
  const start = (now: () => number) => new ProcessClock(openProcfs(proc.root), now).startMs(100_000);
  assert.equal(start(clockThatSays(4_999_800, 5_000_000, 5_000_000, 5_000_001)), 4_999_750);
  // Worker processes would seem older than they are, and a loaded configuration newer than all of them.
  let ms = 5_000_000;
  assert.equal(
    start(() => (ms += 80)),
    null,
  );
});

test('without uptime nothing is known', (t) => {
  assert.equal(new ProcessClock(openProcfs(new FakeProc(t).root), () => 0).startMs(1), null);
  assert.equal(new ProcessClock(openProcfs(new FakeProc(t).write('uptime', '?').root), () => 0).startMs(1), null);
});

test('the uptime of a container is not the clock of start times', (t) => {
  const proc = new FakeProc(t).write('self/stat', `7 (node) S 1 ${'0 '.repeat(17)}900000 1\n`);
  const start = (uptime: number) =>
    new ProcessClock(openProcfs(proc.write('uptime', `${uptime} 1.00\n`).root), () => 0).startMs(0);
  const ownUptime = 9000 + process.uptime();
  assert.equal(start(60), null);
  assert.equal(start(ownUptime - 2), null);
  // A machine that slept is ahead of the time that processes count.
  assert.notEqual(start(ownUptime + 3600), null);
  assert.notEqual(start(ownUptime), null);
});

test('this process began before a file that it writes now, by the same clock', () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-clock-'));
  try {
    writeFileSync(join(directory, 'now'), '');
    const proc = openProcfs('/proc');
    const startMs = new ProcessClock(proc, Date.now).startMs(readProcessStat(proc, 'self')!.startTicks)!;
    const writtenMs = statSync(join(directory, 'now')).mtimeMs;
    assert.ok(startMs < writtenMs + START_ERROR_MS);
    // Node's own idea of its start, later than the kernel's by what it takes to load it.
    assert.ok(Math.abs(startMs - performance.timeOrigin) < 5_000, readFileSync('/proc/self/stat', 'utf8'));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
