import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** What the usual codes of the system mean, for who has named a place to write to. */
const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room there, or write elsewhere',
  EDQUOT: 'the quota of this user is used up; make room there, or write elsewhere',
  EFBIG: 'files may not be as large there; write elsewhere',
  EROFS: 'the file system is read-only; write elsewhere',
  EACCES: 'this user may not write there; give the right, or write elsewhere',
  EPERM: 'this user may not write there; give the right, or write elsewhere',
  ENOENT: 'no directory can be made there; write elsewhere',
  EISDIR: 'a directory is in the way; remove it, or write elsewhere',
  EEXIST: 'a file is in the way; remove it, or write elsewhere',
  ENOTDIR: 'a part of the path is a file; write elsewhere',
};

/** Why a file cannot be written: the code, and in words with the way out where that is known. */
export function whyUnwritable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return code in WORDS ? `${code}: ${WORDS[code]}` : code;
}

/**
 * Makes a directory and those above it, if they are not there; returns the first that was not. Of a read-only file system mkdir says only that the
 * path is not there, and of /proc too: there Node's `recursive` never ends.
 */
export function makeDirectory(directory: string, mode?: number): string | undefined {
  const missing: string[] = [];
  let nearest = resolve(directory);
  for (; !existsSync(nearest); nearest = dirname(nearest)) missing.unshift(nearest);
  accessSync(nearest, constants.W_OK);
  // What is there need not be a directory.
  for (const one of missing.length > 0 ? missing : [nearest]) makeOne(one, mode);
  return missing[0];
}

/** It may be there, also because somebody else has made it meanwhile. */
function makeOne(directory: string, mode: number | undefined): void {
  try {
    mkdirSync(directory, mode);
  } catch (error) {
    if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
