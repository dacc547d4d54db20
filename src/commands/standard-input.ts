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
export function tellOfTerminal(what: string): void {
  if (process.stdin.isTTY) process.stderr.write(`badgateway: reading ${what} from the terminal; end with Ctrl-D\n`);
}
