import { PLACES } from './access-layout.ts';
import { BEFORE, FIRST, FUNCTIONS, LAST, OTHER_FUNCTIONS, PIECES } from './access-scan.ts';
import { ANY, LIMIT, STEP } from './program.ts';

const CODE_SECTION = 10;
const NUMBER_BYTES = 5;
const PATTERNS = PLACES.map((place) => numberOf(place));
const [BEHIND_LIMIT, BEHIND_BYTE] = [PIECES.length - 2, PIECES.length - 1];

const decoded = (text: string) => Buffer.from(text, 'base64');

/**
 * The module that reads lines by `program`: the code that each step is, one after the other (WebAssembly binary format 1, code section). A loop over a table
 * takes twice as long. The program has forward steps only.
 */
export function lineCode(program: Int32Array): Uint8Array<ArrayBuffer> {
  const steps: Buffer[] = [];
  for (let at = 0; at < program.length; at += STEP) {
    const [op, first, second, then] = program.subarray(at, at + STEP);
    steps.push(pieceOf(op, [first, second]));
    if (then === LIMIT) steps.push(pieceOf(BEHIND_LIMIT, []));
    else if (then !== ANY) steps.push(pieceOf(BEHIND_BYTE, [then]));
  }
  const body = Buffer.concat([decoded(FIRST), ...steps, decoded(LAST)]);
  const code = Buffer.concat([numberOf(FUNCTIONS), decoded(OTHER_FUNCTIONS), numberOf(body.length), body]);
  return new Uint8Array(Buffer.concat([decoded(BEFORE), Buffer.of(CODE_SECTION), numberOf(code.length), code]));
}

function pieceOf(index: number, values: readonly number[]): Buffer {
  const piece = decoded(PIECES[index]);
  values.forEach((value, place) => {
    const number = numberOf(value);
    for (let at = piece.indexOf(PATTERNS[place]); at >= 0; at = piece.indexOf(PATTERNS[place], at + NUMBER_BYTES))
      piece.set(number, at);
  });
  return piece;
}

/** LEB128 of always five bytes; of what is not negative the same with a sign and without. */
function numberOf(value: number): Buffer {
  return Buffer.from(
    Array.from({ length: NUMBER_BYTES }, (_, i) => ((value >> (7 * i)) & 0x7f) | (i < NUMBER_BYTES - 1 ? 0x80 : 0)),
  );
}
