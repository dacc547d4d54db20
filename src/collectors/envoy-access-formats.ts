import type { Persistent } from '../contract/unit.ts';
import type { EnvoyLineReader } from '../parse/envoy-access/envoy-format.ts';
import { ENVOY_FORMATS, type EnvoyFormatName } from '../parse/envoy-access/envoy-formats.ts';
import type { FormatOf } from '../parse/envoy-access/envoy-log-reader.ts';
import { FormatGuess } from '../parse/envoy-access/format-guess.ts';
import type { PlannedFormat } from './envoy-access-plan.ts';

/** Of a log that nobody knows the format of, so many lines of a block are tried. */
const MOST_TRIED = 16;
const MOST_SAVED = 10_000;

/** How the lines of each file are read. What its lines turned out to be is kept over restarts. */
export class EnvoyAccessFormats implements Persistent {
  readonly #names = new Map<string, EnvoyFormatName>();
  #guess: FormatGuess | undefined;
  #tried = 0;

  /** Null: it is not known yet. */
  readerOf(path: string, planned: PlannedFormat): EnvoyLineReader | null {
    if (planned !== 'built_in') return planned;
    const name = this.#names.get(path);
    return name === undefined ? null : this.#trial.readerOf(name);
  }

  /** For a person. */
  nameOf(path: string, planned: PlannedFormat): string {
    if (planned !== 'built_in') return 'format as configured';
    const name = this.#names.get(path);
    return name === undefined ? 'format not known yet: no line fits one of the built-in ones' : `format ${name}`;
  }

  /** Lines of a new block follow. */
  beginBlock(): void {
    this.#tried = 0;
  }

  formatOf(path: string, planned: PlannedFormat): FormatOf {
    if (planned !== 'built_in') return () => planned;
    let known = this.readerOf(path, planned);
    return (buffer, start, end) => {
      if (known !== null || this.#tried >= MOST_TRIED) return known;
      this.#tried++;
      const name = this.#trial.nameOf(buffer, start, end);
      if (name === null) return null;
      this.#names.set(path, name);
      known = this.#trial.readerOf(name);
      return known;
    };
  }

  save(): unknown {
    return [...this.#names].slice(-MOST_SAVED);
  }

  /** Tolerates anything. */
  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    for (const row of saved.slice(0, MOST_SAVED)) {
      if (!Array.isArray(row) || typeof row[0] !== 'string' || typeof row[1] !== 'string') continue;
      if (Object.hasOwn(ENVOY_FORMATS, row[1])) this.#names.set(row[0], row[1] as EnvoyFormatName);
    }
  }

  get #trial(): FormatGuess {
    this.#guess ??= new FormatGuess();
    return this.#guess;
  }
}
