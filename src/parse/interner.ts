const EMPTY = 0;
const LONGEST = 255;
const FIRST_ROOM = 4096;

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
  private keys = new Uint8Array(FIRST_ROOM);
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
    // FNV-1a
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ buffer[i], 0x01000193);
    let slot = (hash ^ (hash >>> 15)) & this.mask;
    for (;;) {
      const id = this.ids[slot];
      if (id === EMPTY) return this.add(buffer.subarray(start, end), slot, hash);
      if (this.hashes[id] === hash && this.equals(id, buffer, start, end)) return id;
      slot = (slot + 1) & this.mask;
    }
  }

  private equals(id: number, buffer: Uint8Array, start: number, end: number): boolean {
    const { keys } = this;
    const from = this.ends[id - 1];
    if (this.ends[id] - from !== end - start) return false;
    for (let i = start, key = from; i < end; i++, key++) if (keys[key] !== buffer[i]) return false;
    return true;
  }

  private add(key: Uint8Array, slot: number, hash: number): number {
    if (this.size >= this.limit || key.length > LONGEST) return 0;
    const from = this.ends[this.size];
    if (from + key.length > this.keys.length) {
      const room = new Uint8Array(this.keys.length * 2);
      room.set(this.keys);
      this.keys = room;
    }
    this.keys.set(key, from);
    this.names.push(new TextDecoder('latin1').decode(key));
    const id = this.size;
    this.ends[id] = from + key.length;
    this.hashes[id] = hash;
    this.ids[slot] = id;
    return id;
  }
}
