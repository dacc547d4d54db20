import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory, whyUnwritable } from '../sources/unwritable.ts';

/**
 * Writes all of these files of a directory, name → content, and makes the directory. Where one cannot be written none is changed, and nothing
 * of them is left. @throws Error that names the place and the way out.
 */
export function writeFiles(directory: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  const made = makeOutput(directory);
  const pairs = [...files.keys()].map((name) => {
    const path = join(directory, name);
    // Beside the file itself where the name is a link; no pattern like *.yaml takes it for a file to load.
    const target = existsSync(path) ? realpathSync(path) : path;
    return { name, target, unfinished: `${target}.unfinished` };
  });
  let at = directory;
  try {
    for (const { name, target, unfinished } of pairs) {
      at = join(directory, name);
      checkReplaceable(target);
      writeFileSync(unfinished, files.get(name) ?? '');
    }
    for (const { target, unfinished } of pairs) renameSync(unfinished, target);
  } catch (error) {
    for (const { unfinished } of pairs) rmSync(unfinished, { force: true });
    if (made !== undefined) rmSync(made, { recursive: true });
    throw unwritable(at, error);
  }
}

function makeOutput(directory: string): string | undefined {
  try {
    return makeDirectory(directory);
  } catch (error) {
    throw unwritable(directory, error);
  }
}

/** A file that is renamed to it would replace a file that may not be written, too. */
function checkReplaceable(target: string): void {
  const stats = statSync(target, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (stats.isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
  accessSync(target, constants.W_OK);
}

/** A new directory that its caller removes. @throws Error that names the place and the way out. */
export function temporaryDirectory(prefix: string): string {
  try {
    return mkdtempSync(join(tmpdir(), prefix));
  } catch (error) {
    throw noTemporaryFiles(error);
  }
}

export function noTemporaryFiles(error: unknown): Error {
  return unwritable(`temporary files in ${tmpdir()}, which TMPDIR may change`, error);
}

function unwritable(path: string, error: unknown): Error {
  return new Error(`cannot write ${path} (${whyUnwritable(error)})`, { cause: error });
}
