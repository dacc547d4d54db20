import type { ConntrackStats } from './conntrack.ts';

/** What stands where in a row. */
interface Layout {
  readonly header: string;
  /** In the order of the captures. */
  readonly columns: readonly string[];
  readonly row: RegExp;
}

const ENTRIES = 'entries';
const HEX = '[0-9a-f]{1,16}';
const GAP = '[^\\S\\n]+';

/**
 * Reads the entries and some other columns of `net/stat/nf_conntrack` as `parseConntrackStats` reads all. For the texts of many network
 * namespaces, each with a row per CPU: a kernel writes the same header for each of them, so where a column stands is found once.
 */
export class ConntrackReader {
  readonly #wanted: ReadonlySet<string>;
  #layout: Layout | undefined;

  /** @param columns as the kernel calls them */
  constructor(columns: readonly string[]) {
    this.#wanted = new Set([ENTRIES, ...columns]);
  }

  /** @throws when the text is not such a table. */
  read(text: string): ConntrackStats {
    const { header, columns, row } = this.#layoutOf(text);
    const totals = new Map<string, number>();
    let entries: number | undefined;
    row.lastIndex = header.length;
    while (row.lastIndex < text.length) {
      const found = row.exec(text);
      if (found === null) throw new Error('nf_conntrack: a row lacks columns or numbers');
      for (const [index, column] of columns.entries()) {
        const value = Number.parseInt(found[index + 1], 16);
        // The namespace's total, the same in each row.
        if (column === ENTRIES) entries ??= value;
        else totals.set(column, (totals.get(column) ?? 0) + value);
      }
    }
    if (entries === undefined) throw new Error('nf_conntrack: no entries column or no rows');
    return { entries, totals };
  }

  #layoutOf(text: string): Layout {
    if (this.#layout !== undefined && text.startsWith(this.#layout.header)) return this.#layout;
    const end = text.indexOf('\n');
    const header = end === -1 ? text : text.slice(0, end + 1);
    const columns: string[] = [];
    const words = header.trim().split(/\s+/);
    const captures = words.map((name) => {
      if (!this.#wanted.has(name) || columns.includes(name)) return HEX;
      columns.push(name);
      return `(${HEX})`;
    });
    // Old kernels have more columns in a row than names.
    const row = new RegExp(`[^\\S\\n]*${captures.join(GAP)}(?!\\S)[^\\n]*(?:\\n|$)`, 'iy');
    this.#layout = { header, columns, row };
    return this.#layout;
  }
}
