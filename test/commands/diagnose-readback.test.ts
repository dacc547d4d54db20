import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { LogFile } from '../../src/commands/diagnose-log-file.ts';
import { Readback } from '../../src/commands/diagnose-readback.ts';
import type { Observation } from '../../src/contract/failure.ts';

const NOW = Math.floor(Date.now() / 1000) * 1000;
const MINUTE = 60_000;
const SINCE = NOW - 15 * MINUTE;
const HOUR = 60 * MINUTE;
const directory = mkdtempSync(join(tmpdir(), 'badgateway-readback-'));
after(() => rmSync(directory, { recursive: true }));

/** nginx' local time in a zone so much before UTC; milliseconds. */
const stamp = (atMs: number, zoneMs = 0) =>
  new Date(atMs + zoneMs).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
const refused = (atMs: number, port = 8080, zoneMs = 0) =>
  `${stamp(atMs, zoneMs)} [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.1.0.9, server: shop, request: "GET / HTTP/1.1", upstream: "http://10.2.71.14:${port}/", host: "x"\n`;
const cri = (atMs: number, text: string, tag = 'F', stream = 'stderr') =>
  `${new Date(atMs).toISOString().replace('Z', '123456Z')} ${stream} ${tag} ${text.replace(/\n$/, '')}\n`;

let log: string;
let count = 0;

function write(text: string, path = log, mtimeMs = NOW): string {
  writeFileSync(path, text);
  utimesSync(path, mtimeMs / 1000, mtimeMs / 1000);
  return path;
}

async function read({ path = log, mostFileBytes = undefined as number | undefined } = {}) {
  const observations: Observation[] = [];
  const present: string[] = [];
  const readback = new Readback({
    config: {
      ...{ enabled: true, interval: 5000, files: [{ path, gateway: 'edge' }], discover: true, start_at: 'end' },
      ...{ peer_limit: 64, file_limit: 10 },
    },
    paths: { proc: '/proc', root: '' },
    clock: { now: () => NOW + 500 },
    sinceMs: SINCE,
    sink: {
      present: (_, { gateway }) => void present.push(gateway),
      observe: (observation) => void observations.push(observation),
    },
    ...(mostFileBytes === undefined ? {} : { mostFileBytes }),
  });
  await readback.start();
  /** Seconds ago and count of each failure. */
  const told = () => observations.map(({ sinceMs, count: times }) => [(NOW - sinceMs) / 1000, times]);
  return { readback, observations, present, told, notes: readback.notes };
}

describe('logs read back', () => {
  beforeEach(() => {
    log = join(directory, `error-${++count}.log`);
  });
  afterEach(() => rmSync(log, { force: true }));

  it('are told with the second in which they were written, not as of now', async () => {
    write(refused(SINCE - 2000) + refused(SINCE + 5000).repeat(3) + refused(SINCE + 5000, 9090) + refused(NOW));
    const { observations, present, readback } = await read();
    assert.deepEqual(
      observations.map(({ symptom, peer, count: times, sinceMs, atMs, subject }) => [
        ...[symptom, peer?.port, times, sinceMs - SINCE, atMs - SINCE, subject.gateway],
      ]),
      [
        ['connect_refused', 8080, 3, 5000, 5999, 'edge'],
        ['connect_refused', 9090, 1, 5000, 5999, 'edge'],
        ['connect_refused', 8080, 1, NOW - SINCE, NOW - SINCE + 500, 'edge'],
      ],
    );
    assert.deepEqual(present, ['edge']);
    assert.match(observations[0].sample ?? '', /Connection refused/);
    assert.doesNotMatch(observations[0].sample ?? '', /10\.1\.0\.9/);
    assert.deepEqual([readback.status().state, readback.status().detail], ['ok', 'read 1 of 1 files']);
    readback.stop();
  });

  it('learn the zone of local times from the age of the file', async () => {
    for (const zoneMs of [0, 5.5 * HOUR, -8 * HOUR, 14 * HOUR]) {
      write(
        refused(NOW - 20 * MINUTE, 8080, zoneMs) +
          refused(NOW - 10 * MINUTE, 8080, zoneMs) +
          refused(NOW - 3000, 8080, zoneMs),
      );
      const { told, readback } = await read();
      assert.deepEqual(
        told(),
        [
          [600, 1],
          [3, 1],
        ],
        `zone ${zoneMs / HOUR}`,
      );
      readback.stop();
    }
  });

  it('of containers have the time of the runtime, and split lines stay whole', async () => {
    const line = refused(NOW - 8 * HOUR);
    write(
      cri(SINCE - 5000, refused(SINCE)) +
        cri(SINCE + 60_000, '10.0.0.1 - - "GET / HTTP/1.1" 502', 'F', 'stdout') +
        cri(SINCE + 60_000, line.slice(0, 100), 'P') +
        cri(SINCE + 61_000, line.slice(100)) +
        cri(NOW - 2000, line),
    );
    const { told, readback } = await read();
    assert.deepEqual(told(), [
      [840, 1],
      [2, 1],
    ]);
    readback.stop();
  });

  it('go on with what is written meanwhile, each line once', async () => {
    write(refused(NOW - 5000));
    const { told, readback } = await read();
    const line = refused(NOW - 1000);
    appendFileSync(log, line.slice(0, 50));
    readback.follow();
    appendFileSync(log, line.slice(50) + refused(NOW));
    readback.follow();
    readback.follow();
    assert.deepEqual(told(), [
      [5, 1],
      [1, 1],
      [0, 1],
    ]);
    readback.stop();
  });

  it('that were rotated within the time are read too, compressed ones named', async () => {
    write(refused(NOW - 12 * MINUTE));
    renameSync(log, `${log}.1`);
    write(refused(NOW - 30 * MINUTE), `${log}.2`, NOW - 30 * MINUTE);
    write('', `${log}.3.gz`);
    writeFileSync(`${log}.3.gz`, gzipSync(refused(NOW - 14 * MINUTE)));
    write(refused(NOW - 4000));
    const { told, notes, readback } = await read();
    assert.deepEqual(told(), [
      [720, 1],
      [4, 1],
    ]);
    assert.deepEqual(notes, [`${log}.3.gz was written within the time and is compressed: it is not read back`]);
    readback.stop();
    for (const end of ['.1', '.2', '.3.gz']) rmSync(`${log}${end}`);
  });

  it('that are longer than is read back are cut, and that is said', async () => {
    const lines = Array.from({ length: 600 }, (_, second) => refused(NOW - 599_000 + second * 1000));
    write(lines.join(''));
    const { told, notes, readback } = await read({ mostFileBytes: 20_000 });
    assert.equal(told().at(-1)?.[0], 0);
    const [first] = told();
    assert.ok(first[0] > 60 && first[0] < 120, `${first}`);
    assert.match(notes[0], /only its last .* are read back, from /);
    readback.stop();
  });

  it('that are huge are not read from their beginning', () => {
    const old = refused(NOW - 2 * HOUR).repeat(20_000);
    write(old + refused(NOW - 5000));
    const file = new LogFile(log);
    const position = file.positionOf(SINCE, 0);
    assert.ok(position > old.length - 300_000 && position <= old.length, `${position} of ${old.length}`);
    file.close();
  });

  it('that cannot be read are named, and what there is is read', async () => {
    write(refused(NOW - 5000));
    const { readback } = await read({ path: join(directory, 'none.log') });
    assert.equal(readback.status().state, 'absent');
    const device = await read({ path: '/dev/null' });
    assert.equal(device.readback.status().state, 'not_permitted');
    assert.match(device.notes[0], /\/dev\/null cannot be read \(not a regular file\)/);
  });

  it('with times that are still to come are not taken for failures', async () => {
    write(refused(NOW - 5000) + refused(NOW + 2 * HOUR), log, NOW);
    const { notes, readback } = await read();
    // The last line teaches a zone of two hours: then the first one is two hours old.
    assert.deepEqual(notes, []);
    readback.stop();
    write(refused(NOW + 7 * MINUTE, 8080, -new Date(NOW).getTimezoneOffset() * MINUTE));
    const ahead = await read();
    assert.deepEqual(ahead.observations, []);
    assert.match(ahead.notes[0], /lines with times that are still to come are left out/);
    ahead.readback.stop();
  });

  it('with lines of no time, or of nobody, break nothing', async () => {
    write(`${'\u0000'.repeat(5000)}\nhello\n${refused(NOW - 3000)}\t at somewhere\n2026/99/99 99:99:99 [error] x\n\n`);
    const { told, readback } = await read();
    assert.equal(
      told().reduce((sum, [, times]) => sum + times, 0),
      1,
    );
    readback.stop();
  });
});
