import { workerData } from 'node:worker_threads';
import type { AccessFormat } from '../parse/access-log/access-format.ts';
import { AccessLogReader } from '../parse/access-log/access-log-reader.ts';
import { TimeBuckets } from '../parse/access-log/time-buckets.ts';
import { Interner } from '../parse/interner.ts';
import { type PackedAccess, WatchedCounts } from './access-log-counts.ts';
import {
  type BlockMessage,
  CONTROL,
  SLOT_BYTES,
  SLOTS,
  STATE,
  type ThreadStart,
  type ToThread,
} from './access-log-messages.ts';

/** Entry of a thread that reads blocks of access logs: it counts what it is given, and knows no files. */
const { port, slots, control, peerLimit, buckets: bounds } = workerData as ThreadStart;
const peers = new Interner(peerLimit);
const buckets = new TimeBuckets(bounds);
const blocks = Array.from({ length: SLOTS }, (_, slot) => Buffer.from(slots, slot * SLOT_BYTES, SLOT_BYTES));
const formats: AccessFormat[] = [];
const readers = new Map<AccessFormat, AccessLogReader>();
const counted = new Map<number, WatchedCounts>();

function read({ slot, length, gateway, format: number, source }: BlockMessage): void {
  const format = formats[number];
  const reader = readers.get(format) ?? new AccessLogReader(format);
  readers.set(format, reader);
  const counts = counted.get(gateway) ?? new WatchedCounts(peers, buckets);
  counted.set(gateway, counts);
  const used = reader.read(blocks[slot], 0, length, true, counts, source);
  if (used !== length) throw new Error(`${used} of ${length} bytes were read`);
}

function packed(): Map<number, PackedAccess> {
  return new Map([...counted].map(([gateway, counts]) => [gateway, counts.packAll()]));
}

function obey(message: ToThread): void {
  if (message.kind === 'block') read(message);
  else if (message.kind === 'format') formats[message.format] = message.is;
  else port.postMessage(packed());
}

port.on('message', (message: ToThread) => {
  try {
    obey(message);
  } catch (error) {
    Atomics.store(control, CONTROL.state, STATE.failed);
    throw error;
  } finally {
    Atomics.add(control, CONTROL.done, 1);
    Atomics.notify(control, CONTROL.done);
  }
});
Atomics.store(control, CONTROL.state, STATE.ready);
