import { type AccessFormat, compileAccessFormat } from '../parse/access-log/access-format.ts';
import { LONGEST_ACCESS_LINE_BYTES } from '../parse/access-log/access-log-reader.ts';
import { BUILTIN_FORMATS, type BuiltinFormat } from '../parse/access-log/builtin-formats.ts';
import { isProblem } from '../parse/access-log/format-problem.ts';
import { LineBlocks, type Wrapping } from '../parse/line-blocks.ts';

/** Of a log that does not fit for so many blocks, only the beginning of each further one is tried. */
const PATIENT_BLOCKS = 64;
const SAMPLE_BYTES = 16_384;

const CLIENT = /^\S+ - .* \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] $/;
const [ANY, SPACE, END] = [/^/, /^ $/, /^$/];
const COMMON = [CLIENT, ANY, /^ \d{3} \d+ $/, ANY, SPACE, ANY] as const;
const OWN = /^\d+\.\d{3} \d+ \d{3} \d+\.\d{3} \S+ \d+ \d+ $/;
const OWN_JSON = /^\{"time":\d+\.\d{3},"connection":\d+,"status":\d{3},"request_time":\d+\.\d{3},"method":".*"\}$/;
/** What stands between the quotes of a whole line: no value has one. */
const SHAPES: readonly (readonly [BuiltinFormat, readonly RegExp[]])[] = [
  ['combined', [...COMMON, END]],
  ['main', [...COMMON, SPACE, ANY, END]],
  ['ingress_nginx', [...COMMON, /^ \d+ \d+\.\d{3} \[[^\]]*\] \[[^\]]*\] [^ ].* \S*$/]],
  ['badgateway', [OWN, ANY, SPACE, ANY, SPACE, ANY, SPACE, ANY, SPACE, ANY, SPACE, ANY, END]],
];

export interface TrialSource {
  readonly wrapping: Wrapping;
  /** Where an access log is. */
  readonly stream: number;
}

/** Finds out which built-in format a log is written in, by its lines. */
export class FormatTrial extends LineBlocks {
  readonly #formats = new Map<BuiltinFormat, AccessFormat>();
  readonly #seen = new Set<BuiltinFormat>();
  #stream = 0;
  /** A line that begins as an access line fits none of them. */
  #isOther = false;

  constructor() {
    super(LONGEST_ACCESS_LINE_BYTES);
  }

  /**
   * The format that lines in [start, end) are written in; null when there is none, or more than one, or some look like an access log's
   * and fit none. `tried`: blocks of this log before.
   */
  formatOf(buffer: Buffer, start: number, end: number, source: TrialSource, tried: number): AccessFormat | null {
    this.#seen.clear();
    this.#isOther = false;
    this.#stream = source.stream;
    const last = tried < PATIENT_BLOCKS ? end : Math.min(end, start + SAMPLE_BYTES);
    this.readBlock(buffer, start, last, false, source.wrapping);
    const [name] = this.#seen;
    return this.#isOther || this.#seen.size !== 1 ? null : this.#compiled(name);
  }

  protected override take(buffer: Buffer, start: number, end: number, stream: number): void {
    if (stream !== this.#stream) return;
    const text = buffer.toString('latin1', start, end);
    const parts = text.split('"');
    const shape = SHAPES.find(([, all]) => all.length === parts.length && all.every((one, i) => one.test(parts[i])));
    const name = OWN_JSON.test(text) ? 'badgateway_json' : shape?.[0];
    if (name !== undefined) this.#seen.add(name);
    else if (CLIENT.test(parts[0])) this.#isOther = true;
  }

  protected override skipLong(): void {}
  protected override countPiece(): void {}
  protected override skipUnwrapped(): void {}
  protected override lookAtOdd(): void {}

  #compiled(name: BuiltinFormat): AccessFormat | null {
    const known = this.#formats.get(name);
    if (known !== undefined) return known;
    const format = compileAccessFormat(BUILTIN_FORMATS[name]);
    if (isProblem(format)) return null;
    this.#formats.set(name, format);
    return format;
  }
}
