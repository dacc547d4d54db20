import assert from 'node:assert/strict';
import type { AccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { AccessLine } from '../../../src/parse/access-log/access-line.ts';
import { CONNECT, HEADER, RESPONSE } from '../../../src/parse/access-log/attempts.ts';
import { LINE_FITS } from '../../../src/parse/access-log/line-program.ts';
import { BlockIndex } from '../../../src/parse/block-index.ts';
import { Interner } from '../../../src/parse/interner.ts';

export type ReadBack = ReturnType<typeof readBack>;

/** Amid other lines, whose bytes must not matter. */
const BEFORE = Buffer.from('"500" 9.999 "\n');
const AFTER = Buffer.from('\n 404 "7.000" : 9, 8\n');
const index = new BlockIndex();

/** All that a line says, by the general reader and by the quick one, which must agree. */
export function readBack(format: AccessFormat, line: Buffer) {
  const buffer = Buffer.concat([BEFORE, line, AFTER]);
  const [start, end] = [BEFORE.length, BEFORE.length + line.length];
  const general = new AccessLine(format);
  const seen = valuesOf(general, buffer, LINE_FITS[general.read(buffer, start, end)]);
  // Not from the beginning of the buffer: positions of the block are others.
  index.scan(buffer, 1, buffer.length);
  const marks = [...index.marks.subarray(0, index.count).entries()].filter(([, at]) => at >= start && at < end);
  const first = marks[0]?.[0] ?? 0;
  const quick = new AccessLine(format, index);
  const fits = LINE_FITS[quick.read(buffer, start, end, { index, first, last: first + marks.length })];
  if (seen.fits === 'fits') assert.deepEqual(valuesOf(quick, buffer, fits), seen);
  else assert.equal(fits, seen.fits);
  return seen;
}

function valuesOf(line: AccessLine, buffer: Buffer, fits: string) {
  const { attempts } = line;
  const names = new Interner(10);
  return {
    fits,
    // Before anything is asked for that locates all pieces.
    timeMs: line.timeMs(buffer),
    status: line.status,
    requestTime: line.requestTime,
    bytesSent: line.bytesSent,
    bodyBytesSent: line.bodyBytesSent,
    requestLength: line.requestLength,
    connection: line.connection,
    connectionRequests: line.connectionRequests,
    attempts: Array.from({ length: attempts.count }, (_, i) => ({
      address: buffer.toString('latin1', attempts.starts[i], attempts.ends[i]),
      status: attempts.statuses[i],
      connect: attempts.times[CONNECT][i],
      header: attempts.times[HEADER][i],
      response: attempts.times[RESPONSE][i],
      redirected: attempts.redirected[i] === 1,
    })),
    method: line.method(buffer),
    wantsUpgrade: line.wantsUpgrade(buffer),
    host: names.names[line.hostId(buffer, names)],
    requestId: line.requestId(buffer),
    refusedBy: line.refusedBy(buffer),
  };
}
