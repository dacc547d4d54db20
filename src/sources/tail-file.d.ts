/** The part of tail-file 1.4.16 that `tail/wake-tail.ts` builds on; the package ships no types. */
declare module 'tail-file' {
  import type { EventEmitter } from 'node:events';
  import type { FSWatcher } from 'node:fs';

  class Tail extends EventEmitter {
    constructor(filename: string, options?: object);
    filename: string;
    started: string | null;
    fd: number | 'init' | null | undefined;
    pos: number | 'init';
    ino: number | null;
    buf: Buffer | null;
    watcher: FSWatcher | null | undefined;
    starting: string | null | undefined;
    stopping: string | null | undefined;
    start(filename?: string): void;
    stop(): Promise<boolean>;
    tryTail(filename: string): void;
    startTail(filename: string): void;
    createReader(): void;
    onCreateReader(fd: number): void;
    readStuff(): void;
    getLine(): void;
    onError(error: Error): void;
    setBytePos(position: number): void;
    _stop(): void;
  }
  export = Tail;
}
