import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const DIRECTORIES = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];

/** Where a program is, or null. */
export function findProgram(name: string): string | null {
  for (const directory of DIRECTORIES) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // next
    }
  }
  return null;
}

/**
 * The reason to skip a test that drives these programs, or false. With CI=true the list of end-to-end tests is fixed: a
 * missing program is a failure there.
 */
export function skipWithout(...programs: readonly string[]): string | false {
  const missing = programs.filter((name) => findProgram(name) === null);
  if (missing.length === 0) return false;
  const reason = `not installed: ${missing.join(', ')} (make setup-tests)`;
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

/** The reason to skip a test that makes network namespaces, or false. */
export function skipWithoutRoot(): string | false {
  if (process.getuid?.() === 0) return false;
  if (process.env.CI === 'true') throw new Error('must run as root');
  return 'needs root: it makes network namespaces of its own';
}
