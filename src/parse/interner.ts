const EMPTY = 0;
const LONGEST = 255;

/**
 * Gives every distinct byte string a small number without making a JavaScript string after the first sight.
 * Bounded: when full, or for over-long keys, `idOf` returns 0, which stands for "any other".
 */
export class Interner {
  readonly names: string[] = [''];
  private readonly limit: number;
  private readonly ids: Uint32Array;
  private readonly keys: Uint8Array[] = [new Uint8Array(0)];
  private readonly mask: number;

  constructor(limit: number) {
    this.limit = limit;
    const slots = 2 ** Math.ceil(Math.log2(limit * 2));
    this.ids = new Uint32Array(slots);
    this.mask = slots - 1;
  }

  /** Number of known keys. */
  get size(): number {
    return this.names.length - 1;
  }

  idOf(buffer: Uint8Array, start: number, end: number): number {
    let slot = hash(buffer, start, end) & this.mask;
    for (;;) {
      const id = this.ids[slot];
      if (id === EMPTY) return this.add(buffer, start, end, slot);
      if (this.equals(id, buffer, start, end)) return id;
      slot = (slot + 1) & this.mask;
    }
  }

  private equals(id: number, buffer: Uint8Array, start: number, end: number): boolean {
    const key = this.keys[id];
    if (key.length !== end - start) return false;
    for (let i = 0; i < key.length; i++) if (key[i] !== buffer[start + i]) return false;
    return true;
  }

  private add(buffer: Uint8Array, start: number, end: number, slot: number): number {
    if (this.size >= this.limit || end - start > LONGEST) return 0;
    // A copy: a slice of the block would keep it alive and change with it.
    const key = new Uint8Array(buffer.subarray(start, end));
    this.keys.push(key);
    this.names.push(new TextDecoder('latin1').decode(key));
    this.ids[slot] = this.size;
    return this.size;
  }
}

/** FNV-1a over the bytes. */
function hash(buffer: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let i = start; i < end; i++) value = Math.imul(value ^ buffer[i], 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
