/** What the WebAssembly texts of these scripts are put together from. */

export const get = (name: string) => `(local.get $${name})`;
export const set = (name: string, value: string) => `(local.set $${name} ${value})`;
export const i32 = (value: number) => `(i32.const ${value})`;
export const plus = (left: string, right: string) => `(i32.add ${left} ${right})`;
/** The byte so many bytes from the local `name`. */
export const byteAt = (name: string, offset: number) => `(i32.load8_u ${plus(get(name), i32(offset))})`;
export const isDigit = (byte: string) => `(i32.lt_u (i32.sub ${byte} ${i32(48)}) ${i32(10)})`;
/** Leaves the block $no. */
export const unless = (condition: string) => `(br_if $no (i32.eqz ${condition}))`;

/** Sixteen times the same byte. */
export const each = (byte: number) => `(v128.const i8x16 ${Array(16).fill(byte).join(' ')})`;

/** True when `text` stands `offset` bytes from the local `name`. */
export function stands(name: string, offset: number, text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  const at = plus(get(name), i32(offset));
  const parts: string[] = [];
  let from = 0;
  for (; bytes.length - from >= 8; from += 8)
    parts.push(`(i64.eq (i64.load offset=${from} ${at}) (i64.const ${bytes.readBigInt64LE(from)}))`);
  for (; bytes.length - from >= 4; from += 4)
    parts.push(`(i32.eq (i32.load offset=${from} ${at}) ${i32(bytes.readInt32LE(from))})`);
  for (; from < bytes.length; from++) parts.push(`(i32.eq (i32.load8_u offset=${from} ${at}) ${i32(bytes[from])})`);
  return parts.reduce((left, right) => `(i32.and ${left} ${right})`);
}

/** Moves $at behind its digits, with $n; none, or more than `most`, leaves the block $no. */
export const skipDigits = (most: number) => `
      ${set('n', `(i32.ctz (i32.xor ${i32(0xffff)} (i8x16.bitmask (i8x16.lt_u (i8x16.sub (v128.load ${get('at')}) ${each(48)}) ${each(10)}))))`)}
      (br_if $no (i32.gt_u (i32.sub ${get('n')} ${i32(1)}) ${i32(most - 1)}))
      ${set('at', plus(get('at'), get('n')))}`;
