import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** A reporter for `node --test`: the files in which a test has failed, from the project's root, one in a line, each once. */
export default async function* failedFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const said = new Set<string>();
  for await (const { type, data } of events) {
    if (type !== 'test:fail' || data.file === undefined) continue;
    const file = relative('', data.file);
    if (said.has(file)) continue;
    said.add(file);
    yield `${file}\n`;
  }
}
