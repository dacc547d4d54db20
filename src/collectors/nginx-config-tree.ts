import { createHash } from 'node:crypto';
import { readNginxDump } from '../parse/nginx-conf-dump.ts';
import type { ConfFile } from '../parse/nginx-conf-problem.ts';
import { type ConfReadOptions, readNginxConf } from '../parse/nginx-conf-reader.ts';
import type { NginxConf } from '../parse/nginx-conf-tree.ts';
import { isBeingWritten } from '../sources/emptied-file.ts';
import type { FileStamp, HostFiles } from '../sources/nginx-discovery-files.ts';
import { expandInclude } from './nginx-config-include.ts';

export interface TreePlace {
  readonly host: HostFiles;
  /** Absolute path as the host sees it. */
  readonly main: string;
  /** `dump`: the text of `nginx -T`. Default `conf`. */
  readonly kind?: 'conf' | 'dump';
  /** Directory of relative includes; the main file's own by default. */
  readonly prefix?: string | undefined;
  /** Directives of the main context from the command line, read before the file. */
  readonly directives?: string;
  readonly limits?: ConfReadOptions['limits'];
}

/** What an include names, by name or wildcard, and this process could not read. */
export interface Unreadable {
  readonly path: string;
  /** System error code or sentence. */
  readonly reason: string;
}

export interface TreeRead<C = NginxConf> {
  readonly conf: C;
  /** Counts up whenever a file is not what it was or a wildcard finds others. */
  readonly version: number;
  /** Newest mtime of all files and of links on the way to them, milliseconds since the epoch; null for the text of `nginx -T`, which has none. */
  readonly modifiedMs: number | null;
  /** The same with ctimes and with the directories of wildcards: at this moment something may have changed. */
  readonly changedMs: number | null;
  readonly unreadable: readonly Unreadable[];
  /** Of all files that were read, each once; of the text of `nginx -T` all of it. */
  readonly bytes: number;
}

const MAX_FILE_BYTES = 16 << 20;
const LIMITS = { files: 4096, bytes: 64 << 20 };
/** A file changed this recently may change again without a new time stamp. */
const RACY_MS = 2_000;
const MOST_ATTEMPTS = 3;
const MISSING = 'missing';
const DENIED = new Set(['EACCES', 'EPERM']);

/** The files kept changing while they were read: half of an old and half of a new configuration says nothing. */
export class TornReadError extends Error {
  constructor(path: string) {
    super(`${path}: the files change while they are read`);
    this.name = 'TornReadError';
  }
}

/** By path; a ctime of 0: not there. */
type Stamps = Map<string, FileStamp>;

/**
 * One configuration with its includes. It is parsed again only when a file changed or a wildcard finds others: an unchanged one
 * costs a `stat` per file and directory of our own root, and a `lstat` per part of its path under another (0.2 ms for ten files).
 */
export class ConfigTree<C = NginxConf> {
  readonly #place: TreePlace;
  readonly #keep: (conf: NginxConf) => C;
  #last: TreeRead<C> | null = null;
  #reading: TreeReading;
  #readAtMs = 0;

  /** @param keep what is needed of a configuration: nothing else of it is held */
  constructor(place: TreePlace, keep: (conf: NginxConf) => C = (conf) => conf as C) {
    this.#place = place;
    this.#keep = keep;
    this.#reading = new TreeReading(place);
  }

  /** @throws TornReadError, and what makes the main file unreadable (system errors). */
  read(): TreeRead<C> {
    if (this.#last !== null && this.#isUnchanged()) return this.#last;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const reading = new TreeReading(this.#place);
      const readAtMs = Date.now();
      const read = reading.read();
      if (read === null || !this.#isStill(reading.files) || !findsTheSame(this.#place.host, reading)) continue;
      if (isAnyBeingWritten(this.#reading.files, reading.files)) continue;
      const isSame = this.#last !== null && hasSameFiles(this.#reading, reading);
      const version = (this.#last?.version ?? 0) + (isSame ? 0 : 1);
      // A file that has just been written is read once more, and has mostly not changed.
      const conf =
        this.#last !== null && this.#reading.texts === reading.texts ? this.#last.conf : this.#keep(read.conf);
      [this.#reading, this.#readAtMs] = [reading, readAtMs];
      this.#last = { ...read, conf, version };
      return this.#last;
    }
    throw new TornReadError(this.#place.main);
  }

  #isUnchanged(): boolean {
    const { files, directories } = this.#reading;
    if (this.#isRacy(files) || !this.#isStill(files)) return false;
    return (!this.#isRacy(directories) && this.#isStill(directories)) || findsTheSame(this.#place.host, this.#reading);
  }

  #isRacy(stamps: Stamps): boolean {
    for (const { ctimeMs } of stamps.values()) if (Math.abs(ctimeMs - this.#readAtMs) < RACY_MS) return true;
    return false;
  }

  #isStill(stamps: Stamps): boolean {
    for (const [path, { identity }] of stamps) {
      if ((this.#place.host.stamp(path)?.identity ?? MISSING) !== identity) return false;
    }
    return true;
  }
}

function isAnyBeingWritten(before: Stamps, now: Stamps): boolean {
  return [...now].some(([path, stamp]) => isBeingWritten(before.get(path), stamp));
}

function findsTheSame(host: HostFiles, { found }: TreeReading): boolean {
  for (const [pattern, paths] of found) {
    if (expandInclude(host, pattern, LIMITS.files).paths.join('\0') !== paths) return false;
  }
  return true;
}

function hasSameFiles(one: TreeReading, other: TreeReading): boolean {
  if (one.files.size !== other.files.size || one.found.size !== other.found.size) return false;
  for (const [path, { identity }] of one.files) if (other.files.get(path)?.identity !== identity) return false;
  for (const [pattern, paths] of one.found) if (other.found.get(pattern) !== paths) return false;
  return true;
}

/** One pass over the files. */
class TreeReading {
  readonly files: Stamps = new Map();
  /** Of wildcards. */
  readonly directories: Stamps = new Map();
  /** Paths that each pattern found, joined by NUL. */
  readonly found = new Map<string, string>();
  /** Fingerprint of all that was read. */
  texts = '';
  readonly #place: TreePlace;
  readonly #texts = new Map<string, ConfFile>();
  readonly #unreadable = new Map<string, string>();
  #isTorn = false;
  #bytes = 0;
  #isCut = false;
  #modifiedMs = 0;
  #changedMs = 0;

  constructor(place: TreePlace) {
    this.#place = place;
  }

  /** Null when a file changed under the read. @throws when the main file cannot be read. */
  read(): Omit<TreeRead, 'version'> | null {
    const { main, kind = 'conf', host } = this.#place;
    const { text, stamp } = host.read(main, kind === 'dump' ? LIMITS.bytes : MAX_FILE_BYTES);
    this.#watch(this.files, main, stamp);
    this.#bytes = stamp.size;
    const conf = kind === 'dump' ? this.#readDump(text) : this.#readConf({ path: main, text });
    if (this.#isTorn) return null;
    this.texts = this.#fingerprint(text);
    this.#texts.clear();
    const isDump = kind === 'dump';
    return {
      conf: this.#isCut ? { ...conf, limits: { ...conf.limits, files: conf.limits.files + 1 } } : conf,
      modifiedMs: isDump ? null : this.#modifiedMs,
      changedMs: isDump ? null : this.#changedMs,
      unreadable: [...this.#unreadable].map(([path, reason]) => ({ path, reason })),
      bytes: this.#bytes,
    };
  }

  #fingerprint(main: string): string {
    const hash = createHash('sha256').update(main);
    for (const { path, text } of this.#texts.values()) hash.update(`\0${path}\0`).update(text);
    if (this.#isCut) hash.update('\0');
    return hash.digest('base64');
  }

  #readDump(text: string): NginxConf {
    const conf = readNginxDump(text, { limits: { ...LIMITS, ...this.#place.limits } });
    if (conf === null) throw new Error(`${this.#place.main} is not the text of nginx -T: it has no header of a file`);
    return conf;
  }

  #readConf(main: ConfFile): NginxConf {
    const { prefix, directives = '', limits } = this.#place;
    const options: ConfReadOptions = {
      resolve: (pattern) => this.#resolve(pattern),
      limits: { ...LIMITS, ...limits },
      ...(prefix === undefined ? {} : { prefix }),
    };
    const conf = readNginxConf(main, options);
    if (directives === '') return conf;
    const base = { prefix: main.path.replace(/\/[^/]*$/, ''), ...options };
    const first = readNginxConf({ path: '-g', text: `${directives};`.replace(/;[\s;]*$/, ';') }, base);
    return { ...conf, directives: [...first.directives, ...conf.directives] };
  }

  #resolve(pattern: string): readonly ConfFile[] {
    if (!/[*?[]/.test(pattern)) return this.#readFile(pattern) ?? [];
    const { paths, directories, isCut } = expandInclude(this.#place.host, pattern, LIMITS.files);
    for (const directory of directories) this.#watch(this.directories, directory, this.#place.host.stamp(directory));
    this.found.set(pattern, paths.join('\0'));
    this.#isCut ||= isCut;
    return paths.flatMap((path) => this.#readFile(path) ?? []);
  }

  #readFile(path: string): [ConfFile] | null {
    const known = this.#texts.get(path);
    if (known !== undefined) return [known];
    try {
      const { text, stamp } = this.#place.host.read(path, MAX_FILE_BYTES);
      this.#watch(this.files, path, stamp);
      this.#bytes += stamp.size;
      const file = { path, text };
      this.#texts.set(path, file);
      return [file];
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#isTorn ||= /changed while it was read$/.test(message);
      this.#unreadable.set(path, code ?? message);
      this.#watch(this.files, path, this.#place.host.stamp(path));
      return null;
    }
  }

  #watch(stamps: Stamps, path: string, stamp: FileStamp | null): void {
    const watched = stamp ?? { identity: MISSING, size: 0, mtimeMs: 0, ctimeMs: 0 };
    const { mtimeMs, ctimeMs } = watched;
    stamps.set(path, watched);
    const linkedMs = this.#place.host.linkedMs(path);
    if (stamps === this.files) this.#modifiedMs = Math.max(this.#modifiedMs, mtimeMs, linkedMs);
    this.#changedMs = Math.max(this.#changedMs, mtimeMs, ctimeMs, linkedMs);
  }
}

/** Whether it is this process's rights that end the reading, and nothing wrong with the configuration. */
export function isDenied({ reason }: Unreadable): boolean {
  return DENIED.has(reason);
}
