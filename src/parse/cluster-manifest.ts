import { load, YAMLException } from 'js-yaml';

export interface ManifestObject {
  readonly kind: string;
  readonly value: unknown;
}

/** What is wrong, and in which line; without the text, which may hold anything. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

interface Document {
  /** Counted from 1. */
  readonly line: number;
  /** All but the entries of `items`. */
  readonly rest: string;
  readonly entries: readonly { readonly text: string; readonly line: number }[];
}

/**
 * The objects of what `kubectl get … -o yaml` or `-o json` writes: lists, single objects, or several YAML documents. One is
 * parsed at a time, so that who iterates can pause in between. Aliases are refused. Throws ManifestError.
 */
export function* readManifest(text: string): Generator<ManifestObject> {
  if (/^\s*\{/.test(text)) {
    yield* objectsOf(parseJson(text), 1);
    return;
  }
  for (const { line, rest, entries } of documentsOf(text)) {
    if (isBlank(rest) && entries.length === 0) continue;
    const whole = parseYaml(rest, line);
    if (entries.length === 0) {
      yield* objectsOf(whole, line);
      continue;
    }
    const kind = listKindOf(whole, line);
    for (const entry of entries) {
      const [value] = parseYaml(entry.text, entry.line) as readonly unknown[];
      yield { kind: kindOf(value) || kind, value };
    }
  }
}

function* objectsOf(value: unknown, line: number): Generator<ManifestObject> {
  const { items } = fieldsOf(value);
  if (items === undefined) {
    const kind = kindOf(value);
    if (kind === '') throw new ManifestError(`line ${line}: an object without kind`);
    yield { kind, value };
    return;
  }
  const kind = listKindOf(value, line);
  for (const item of Array.isArray(items) ? items : []) yield { kind: kindOf(item) || kind, value: item };
}

/** Kind of the items: of an EndpointSliceList they do not say it themselves. A list that was cut short has lost its end. */
function listKindOf(list: unknown, line: number): string {
  const kind = kindOf(list);
  if (!kind.endsWith('List')) throw new ManifestError(`line ${line}: a list without kind; was the file cut short?`);
  return kind.slice(0, -'List'.length);
}

/**
 * Cuts between documents (`---`) and between the entries of a top-level `items`. Safe by the rules of YAML: nothing that
 * belongs to an entry begins in its column with a dash.
 */
function* documentsOf(text: string): Generator<Document> {
  let document = new OpenDocument(1);
  let line = 0;
  for (let at = 0; at < text.length; ) {
    line++;
    const newline = text.indexOf('\n', at);
    const next = newline < 0 ? text.length : newline + 1;
    if (/^---(\s|$)/.test(text.slice(at, at + 4))) {
      yield document.close(text, at);
      document = new OpenDocument(line);
      document.begin(at + '---'.length, line);
    } else document.look(text, at, next, line);
    at = next;
  }
  yield document.close(text, text.length);
}

class OpenDocument {
  readonly #line: number;
  readonly #entries: { text: string; line: number }[] = [];
  #rest = '';
  #from = 0;
  #fromLine = 1;
  /** Column of the dashes; -1 before `items:`, null between it and the first dash. */
  #column: number | null = -1;
  #isEntry = false;

  constructor(line: number) {
    this.#line = line;
  }

  begin(at: number, line: number): void {
    this.#from = at;
    this.#fromLine = line;
  }

  look(text: string, at: number, next: number, line: number): void {
    const first = firstColumn(text, at, next);
    if (first < 0 || text[at + first] === '#') return;
    const isDash = text[at + first] === '-' && /\s/.test(text[at + first + 1] ?? '\n');
    if (this.#column === -1) {
      if (first === 0 && /^items:\s*$/.test(text.slice(at, next))) this.#column = null;
    } else if (isDash && (this.#column === null || first === this.#column)) {
      this.#column = first;
      this.#cut(text, at, line, true);
    } else if (first === 0) {
      this.#cut(text, at, line, false);
      this.#column = -1;
    }
  }

  close(text: string, at: number): Document {
    this.#cut(text, at, 0, false);
    return { line: this.#line, rest: this.#rest, entries: this.#entries };
  }

  #cut(text: string, at: number, line: number, isEntry: boolean): void {
    const part = text.slice(this.#from, at);
    if (this.#isEntry) this.#entries.push({ text: part, line: this.#fromLine });
    else this.#rest += part;
    this.begin(at, line);
    this.#isEntry = isEntry;
  }
}

/** -1 for an empty line. */
function firstColumn(text: string, at: number, next: number): number {
  for (let column = 0; at + column < next; column++) if (!/\s/.test(text[at + column])) return column;
  return -1;
}

const isBlank = (text: string) => text.replace(/^\s*(#.*|\.\.\.)$/gm, '').trim() === '';

function parseYaml(text: string, line: number): unknown {
  try {
    return load(text, { maxAliases: 0 });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new ManifestError(`line ${line + (error.mark?.line ?? 0)}: ${error.reason}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ManifestError('not JSON, though it begins with {');
  }
}

function kindOf(value: unknown): string {
  const { kind } = fieldsOf(value);
  return typeof kind === 'string' ? kind : '';
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
