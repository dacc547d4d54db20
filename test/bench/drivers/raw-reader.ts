import { closeSync, openSync, readSync } from 'node:fs';

/** The floor of any reader in Node: reads the file in blocks and counts newlines natively. Prints the number. */
const BLOCK_BYTES = 256 * 1024;
const NEWLINE = 10;

const file = openSync(process.argv[2], 'r');
const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
let lines = 0;
for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer)) {
  const block = buffer.subarray(0, size);
  for (let at = block.indexOf(NEWLINE); at !== -1; at = block.indexOf(NEWLINE, at + 1)) lines++;
}
closeSync(file);
console.log(lines);
