import { isUtf8 } from 'node:buffer';
import { EnvoyAccessLine } from './access-line.ts';
import { compileEnvoyFormat, type EnvoyFormat, type EnvoyLineReader } from './envoy-format.ts';
import { ENVOY_FORMATS, type EnvoyFormatName } from './envoy-formats.ts';
import { ENVOY_RESULT } from './text-reader.ts';

const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;
const LONGEST_LINE_BYTES = 16_384;

interface Candidate {
  readonly name: EnvoyFormatName;
  readonly reader: EnvoyLineReader;
  /** Null: a text. */
  readonly keys: readonly string[] | null;
}

/** Tells by a line which of the formats that need no configuration an Envoy writes. */
export class FormatGuess {
  readonly #candidates: readonly Candidate[];
  readonly #line = new EnvoyAccessLine();

  constructor() {
    this.#candidates = Object.entries<EnvoyFormat>(ENVOY_FORMATS)
      // Contour's text is Envoy's own.
      .filter(([name]) => name !== 'contour')
      .map(([name, format]) => ({
        name: name as EnvoyFormatName,
        reader: compileEnvoyFormat(format),
        keys: 'json' in format ? Object.keys(format.json) : null,
      }));
  }

  readerOf(name: EnvoyFormatName): EnvoyLineReader {
    return this.#candidates.find((one) => one.name === name)?.reader ?? compileEnvoyFormat(ENVOY_FORMATS[name]);
  }

  /** The format of [start, end); null when it is none of them, or may be several that are read differently. */
  nameOf(buffer: Buffer, start: number, end: number): EnvoyFormatName | null {
    if (end - start > LONGEST_LINE_BYTES) return null;
    if (buffer[start] !== OPEN_BRACE && buffer[start] !== OPEN_BRACKET) return null;
    const found = this.#candidates.filter(
      ({ reader }) => reader.read(buffer, start, end, this.#line) === ENVOY_RESULT.read,
    );
    const texts = found.filter(({ keys }) => keys === null);
    if (texts.length === 1) return texts[0].name;
    return texts.length > 1 || found.length === 0 ? null : this.#byKeys(found, buffer, start, end);
  }

  /** Of JSON formats the one all of whose keys the line has, and no others: Envoy writes null for what there is not. */
  #byKeys(found: readonly Candidate[], buffer: Buffer, start: number, end: number): EnvoyFormatName | null {
    const line = buffer.subarray(start, end);
    if (!isUtf8(line)) return null;
    const keys = keysOf(line.toString());
    if (keys === null) return null;
    const [only] = found.filter((one) => one.keys?.length === keys.size && one.keys.every((key) => keys.has(key)));
    return only?.name ?? null;
  }
}

function keysOf(text: string): ReadonlySet<string> | null {
  try {
    return new Set(Object.keys(JSON.parse(text) as object));
  } catch {
    return null;
  }
}
