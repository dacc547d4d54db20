import type { NetstatCounters } from './netstat.ts';

/** What stands where in the lines of one group. */
interface Layout {
  /** The line of names with its end. */
  readonly line: string;
  readonly counters: readonly string[];
  /** The line of values, with a capture for each of the counters. */
  readonly values: RegExp;
}

/** Tcp.MaxConn is -1. */
const NUMBER = '-?\\d{1,20}';

/**
 * Reads some counters of `net/netstat` and `net/snmp` as `parseNetstat` reads all. For the texts of many network namespaces: a kernel writes
 * the same names for each of them, so where a counter stands is found once.
 */
export class NetstatReader {
  /** Names by group, e.g. `TcpExt`. */
  readonly #wanted = new Map<string, Set<string>>();
  /** By group. */
  readonly #layouts = new Map<string, Layout>();

  /** @param counters `<group>.<name>` as the kernel calls them */
  constructor(counters: readonly string[]) {
    for (const counter of counters) {
      const [group, name] = counter.split('.');
      this.#wanted.set(group, (this.#wanted.get(group) ?? new Set()).add(name));
    }
  }

  /**
   * Those of them that the kernel has.
   * @throws when a names line has no values line, or those of a group that is read differ in length.
   */
  read(text: string): NetstatCounters {
    const counters = new Map<string, number>();
    for (let at = 0; at < text.length; ) {
      const values = endOfLine(text, at);
      const colon = text.indexOf(':', at);
      const group = text.slice(at, colon === -1 ? values : colon);
      if (!text.startsWith(`${group}:`, values)) throw mismatch(group);
      const wanted = this.#wanted.get(group);
      if (wanted !== undefined) {
        const layout = this.#layoutOf(group, wanted, { text, at, values });
        layout.values.lastIndex = values;
        const found = layout.values.exec(text);
        if (found === null) throw mismatch(group);
        for (const [index, counter] of layout.counters.entries()) counters.set(counter, Number(found[index + 1]));
      }
      at = endOfLine(text, values);
    }
    return counters;
  }

  #layoutOf(
    group: string,
    wanted: ReadonlySet<string>,
    { text, at, values }: { readonly text: string; readonly at: number; readonly values: number },
  ): Layout {
    const known = this.#layouts.get(group);
    if (known !== undefined && text.startsWith(known.line, at)) return known;
    const line = text.slice(at, values);
    const counters: string[] = [];
    let [pattern, between] = [`${group}:`, 0];
    for (const name of line.trimEnd().split(' ').slice(1)) {
      if (wanted.has(name)) {
        pattern += `${anyNumbers(between)} (${NUMBER})`;
        counters.push(`${group}.${name}`);
        between = 0;
      } else between++;
    }
    const layout = { line, counters, values: new RegExp(`${pattern}${anyNumbers(between)}(?:\\n|$)`, 'y') };
    this.#layouts.set(group, layout);
    return layout;
  }
}

function anyNumbers(count: number): string {
  return count === 0 ? '' : `(?: ${NUMBER}){${count}}`;
}

/** Where the next line begins. */
function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

function mismatch(group: string): Error {
  return new Error(`netstat: names and values of ${JSON.stringify(group.slice(0, 20))} do not match`);
}
