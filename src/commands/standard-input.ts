/** All of an input as text. @throws beyond `limit` bytes. */
export async function readAll(input: AsyncIterable<Buffer | string>, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > limit) throw new Error(`longer than ${limit} bytes`);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Whoever forgot the pipe would wait for ever without a word. */
export function tellOfTerminal(what: string, input: object = process.stdin, note = onStandardError): void {
  if ('isTTY' in input && input.isTTY === true) note(`reading ${what} from the terminal; end with Ctrl-D`);
}

function onStandardError(sentence: string): void {
  process.stderr.write(`badgateway: ${sentence}\n`);
}
