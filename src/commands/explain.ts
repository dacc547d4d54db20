import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { showInvisible } from '../http/html.ts';
import { readLines } from '../parse/log-lines.ts';
import { whyUnreadable } from '../sources/unreadable.ts';
import { type Explained, explainLine, toJson } from './explain-line.ts';
import { ExplainText } from './explain-text.ts';
import { tellOfTerminal } from './standard-input.ts';

export interface ExplainOptions {
  /** One JSON object a line instead of words. */
  readonly json: boolean;
  readonly out: Pick<Writable, 'write' | 'once'>;
}

export interface ExplainArguments {
  /** Path, or `-` for standard input. */
  readonly file: string;
  readonly line: string | undefined;
  readonly json: boolean;
}

/** What every file of gzip begins with: a rotated log is often one. */
const GZIP = Buffer.from([0x1f, 0x8b]);
/** Hardly a path. */
const LINE = /\s/;

/** The command: returns the exit code. 2: what to explain cannot be read. */
export async function runExplain({ file, line, json }: ExplainArguments): Promise<number> {
  if (line?.trim() === '') {
    process.stderr.write(
      "badgateway: --line is empty; put the whole line in quotes: --line '2026/11/21 03:00:00 [error] …'\n",
    );
    return 2;
  }
  if (line === undefined && file === '-') tellOfTerminal('lines');
  try {
    await explain(line ?? (file === '-' ? process.stdin : linesOf(file)), { json, out: process.stdout });
    return 0;
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    process.stderr.write(`badgateway: ${error.message}\n`);
    return 2;
  }
}

class UnreadableError extends Error {}

async function* linesOf(file: string): AsyncGenerator<Buffer> {
  try {
    let isFirst = true;
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      if (isFirst && chunk.subarray(0, GZIP.length).equals(GZIP))
        throw new UnreadableError(showInvisible(`${file} is compressed; zcat ${file} | badgateway explain -`));
      isFirst = false;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof UnreadableError) throw error;
    throw new UnreadableError(showInvisible(`cannot read ${file} (${whyUnreadable(error)}); ${nextFor(file, error)}`));
  }
}

function nextFor(file: string, error: unknown): string {
  if (LINE.test(file)) return 'a line is asked for with --line';
  if ((error as NodeJS.ErrnoException).code === 'EACCES') return `sudo cat ${file} | badgateway explain -`;
  return 'nginx -T shows the error_log lines that name the files';
}

/**
 * Explains every line of `input`. A line that is not nginx's is said to be that, never an error. Memory stays bounded. Nothing is read any
 * more when nobody reads `out`.
 */
export async function explain(input: AsyncIterable<Buffer> | string, { json, out }: ExplainOptions): Promise<void> {
  let isLeft = false;
  let goOn = () => {};
  out.once('error', () => {
    isLeft = true;
    goOn();
  });
  const write = async (text: string) => {
    if (out.write(text)) return;
    await new Promise<void>((resolve) => {
      goOn = resolve;
      out.once('drain', resolve);
    });
  };
  const words = new ExplainText(typeof input === 'string');
  const source = typeof input === 'string' ? once(input) : input;
  for await (const line of readLines(source)) {
    const explained: Explained = explainLine(line);
    const text = json ? `${toJson(explained)}\n` : words.line(explained);
    if (text !== '') await write(text);
    if (isLeft) return;
  }
  if (!json) await write(words.summary());
}

async function* once(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}
