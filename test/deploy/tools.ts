import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../support/programs.ts';

/** Where scripts/setup-tests.sh puts what it compiles. */
const COMPILED = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'badgateway/bin');

/** A program that people have from `go install`: on PATH, where Go puts it, or compiled by scripts/setup-tests.sh. */
export function findTool(name: string): string | null {
  const found = findProgram(name);
  if (found !== null) return found;
  return [COMPILED, join(homedir(), 'go/bin')].map((directory) => join(directory, name)).find(existsSync) ?? null;
}

/** The reason to skip a test that needs it, or false. */
export function skipWithoutTool(name: string): string | false {
  return (
    findTool(name) === null && `not installed: ${name} (scripts/setup-tests.sh compiles it with BADGATEWAY_NIGHTLY=1)`
  );
}
