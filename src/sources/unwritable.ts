import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** What the usual codes of the system mean, for who has named a place to write to. */
const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room there, or write elsewhere',
  EDQUOT: 'the quota of this user is used up; make room there, or write elsewhere',
  EFBIG: 'files may not be as large there; write elsewhere',
  EROFS: 'the file system is read-only; write elsewhere',
  EACCES: 'this user may not write there; give the right, or write elsewhere',
  EPERM: 'this user may not write there; give the right, or write elsewhere',
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

/** Makes a directory and those above it; returns the first that was not there. Of a read-only file system mkdir says only that the path is not there. */
export function makeDirectory(directory: string, mode?: number): string | undefined {
  let nearest = resolve(directory);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  accessSync(nearest, constants.W_OK);
  return mkdirSync(directory, { recursive: true, ...(mode !== undefined && { mode }) });
}
