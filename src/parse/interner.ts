import { viewOf } from './bytes.ts';

const EMPTY = 0;
const LONGEST = 255;
const FIRST_ROOM = 4096;
/** Keys are hashed and compared four bytes at a time; the last word of a key overlaps the one before. */
const WORD = 4;

/**
 * Gives every distinct byte string a small number without making a JavaScript string after the first sight.
 * Bounded: when full, or for over-long keys, `idOf` returns 0, which stands for "any other".
 */
export class Interner {
  /** By number; 0 is the empty string. */
  readonly names: string[] = [''];
  private readonly limit: number;
  private readonly mask: number;
  /** Open addressing: number per slot. */
  private readonly ids: Uint32Array;
  private readonly hashes: Int32Array;
  /** All keys one after the other; `ends[id - 1]` to `ends[id]`. */
  private keys = new DataView(new ArrayBuffer(FIRST_ROOM));
  private readonly ends: Uint32Array;

  constructor(limit: number) {
    this.limit = limit;
    const slots = 2 ** Math.ceil(Math.log2(limit * 2));
    this.ids = new Uint32Array(slots);
    this.mask = slots - 1;
    this.hashes = new Int32Array(limit + 1);
    this.ends = new Uint32Array(limit + 1);
  }

  /** Number of known keys. */
  get size(): number {
    return this.names.length - 1;
  }

  idOf(buffer: Uint8Array, start: number, end: number): number {
    const view = viewOf(buffer);
    const hash = hashOf(view, start, end);
    let slot = hash & this.mask;
    for (;;) {
      const id = this.ids[slot];
      if (id === EMPTY) return this.add(buffer.subarray(start, end), slot, hash);
      if (this.hashes[id] === hash && this.equals(id, view, start, end)) return id;
      slot = (slot + 1) & this.mask;
    }
  }

  private equals(id: number, view: DataView, start: number, end: number): boolean {
    const { keys } = this;
    const from = this.ends[id - 1];
    const length = end - start;
    if (this.ends[id] - from !== length) return false;
    if (length < WORD) return isSameShort(keys, view, { from, start, length });
    const last = length - WORD;
    for (let i = 0; i < last; i += WORD) {
      if (keys.getInt32(from + i, true) !== view.getInt32(start + i, true)) return false;
    }
    return keys.getInt32(from + last, true) === view.getInt32(start + last, true);
  }

  private add(key: Uint8Array, slot: number, hash: number): number {
    if (this.size >= this.limit || key.length > LONGEST) return 0;
    const from = this.ends[this.size];
    const room = new Uint8Array(this.keys.buffer);
    if (from + key.length <= room.length) room.set(key, from);
    else {
      const larger = new Uint8Array(room.length * 2);
      larger.set(room);
      larger.set(key, from);
      this.keys = new DataView(larger.buffer);
    }
    this.names.push(new TextDecoder('latin1').decode(key));
    const id = this.size;
    this.ends[id] = from + key.length;
    this.hashes[id] = hash;
    this.ids[slot] = id;
    return id;
  }
}

function hashOf(view: DataView, start: number, end: number): number {
  const last = end - WORD;
  let hash = end - start;
  if (last < start) {
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
    return hash;
  }
  for (let at = start; at < last; at += WORD) hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
  hash = Math.imul(hash ^ view.getInt32(last, true), 0x9e3779b1);
  return hash ^ (hash >>> 15);
}

function isSameShort(
  keys: DataView,
  view: DataView,
  { from, start, length }: { readonly from: number; readonly start: number; readonly length: number },
): boolean {
  for (let i = 0; i < length; i++) if (keys.getUint8(from + i) !== view.getUint8(start + i)) return false;
  return true;
}
