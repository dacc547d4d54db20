/** Takes what WebAssembly's assembler has made apart; the part of scripts/access-scan.ts that knows the binary format. */

const CODE_SECTION = 10;
const HEADER_BYTES = 8;
const MORE = 0x80;

/** Of a module whose last section is its code and whose last function is `request`. */
export interface Code {
  /** All sections before. */
  readonly before: Uint8Array;
  readonly functions: number;
  /** All functions but `request`, each with its size. */
  readonly others: Uint8Array;
  /** Of `request`, without its size. */
  readonly body: Uint8Array;
  /** Where its steps begin in `body`, if it has none. */
  readonly steps: number;
}

/** A number without a sign and where it ends (LEB128). */
function numberAt(bytes: Uint8Array, at: number): readonly [value: number, end: number] {
  let value = 0;
  for (let shift = 0, next = at; ; shift += 7, next++) {
    value |= (bytes[next] & (MORE - 1)) << shift;
    if ((bytes[next] & MORE) === 0) return [value, next + 1];
  }
}

/** @throws when there is anything behind the code */
export function codeOf(bytes: Uint8Array): Code {
  let section = HEADER_BYTES;
  while (bytes[section] !== CODE_SECTION) {
    const [size, start] = numberAt(bytes, section + 1);
    section = start + size;
  }
  const [size, start] = numberAt(bytes, section + 1);
  if (start + size !== bytes.length) throw new Error('there is a section behind the code');
  const [functions, first] = numberAt(bytes, start);
  let last = first;
  for (let number = 1; number < functions; number++) {
    const [bodySize, body] = numberAt(bytes, last);
    last = body + bodySize;
  }
  const body = bytes.subarray(numberAt(bytes, last)[1]);
  return {
    before: bytes.subarray(0, section),
    functions,
    others: bytes.subarray(first, last),
    body,
    steps: stepsOf(body),
  };
}

/** Behind `(block $no`: it is the only block, and no local number is a block's opcode with its type. */
function stepsOf(body: Uint8Array): number {
  const [block, nothing] = [0x02, 0x40];
  return body.findIndex((byte, at) => byte === nothing && body[at - 1] === block) + 1;
}

/** What `code` has more than `empty`. @throws when something else differs */
export function piecesOf(empty: Code, code: Code): Uint8Array {
  const end = code.body.length - (empty.body.length - empty.steps);
  const same = Buffer.concat([code.body.subarray(0, empty.steps), code.body.subarray(end)]);
  if (!same.equals(empty.body) || !Buffer.from(code.others).equals(empty.others))
    throw new Error('a step changes more than the code between the others');
  return code.body.subarray(empty.steps, end);
}

/** A constant of TypeScript, base64. */
export function bytesOf(name: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,110}/g) ?? [];
  const quoted = lines.map((line) => `'${line}'`);
  return `export const ${name} =${quoted.length === 1 ? ' ' : '\n  '}${quoted.join(' +\n  ')};`;
}
