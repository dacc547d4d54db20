import { watch } from 'node:fs';
import Tail from 'tail-file';

/**
 * tail-file as the sentinel of one idle file: it stats the file, watches it, and emits `armed` when the watch stands, `wake`
 * at a sign of change and `error` when it cannot. What it does per line (StringDecoder, regular expression, setImmediate)
 * and its 4 KiB reads are replaced: reading is `Generation`'s. It watches the file, not its directory: beside a quiet
 * error.log an access.log changes thousands of times a second. New names are found by the tailer's own scan.
 */
export class WakeTail extends Tail {
  #wanted = false;

  constructor(path: string) {
    // A given secondary spares tail-file's search for rotated files, which is `siblings.ts`' work.
    super(path, { secondary: `${path}.1` });
    this.on('tailError', (error) => this.#wanted && this.onError(error));
    this.on('error', () => this.disarm());
  }

  /** Never throws; errors are events. */
  arm(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.tryTail(this.filename);
  }

  disarm(): void {
    const { watcher } = this;
    this.#wanted = false;
    this.watcher = null;
    // tail-file's own stop() takes off freshly bound functions, which are never on.
    watcher?.removeAllListeners();
    watcher?.on('error', () => {});
    watcher?.close();
    this._stop();
  }

  /** Called by tail-file after its stat. A throw here would be an unhandled rejection. */
  override startTail(filename: string): void {
    if (!this.#wanted || this.watcher) return;
    try {
      this.watcher = watch(filename, { persistent: false });
    } catch (error) {
      this.onError(error as Error);
      return;
    }
    this.started = filename;
    this.watcher.on('change', () => this.getLine());
    this.watcher.on('error', (error) => this.onError(error));
    this.emit('armed');
  }

  override getLine(): void {
    this.emit('wake');
  }
}
