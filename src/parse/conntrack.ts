/** One network namespace's connection tracking, from `net/stat/nf_conntrack`. */
export interface ConntrackStats {
  readonly entries: number;
  /** Sums over all CPUs by the kernel's column name, e.g. `insert_failed`; a column this kernel lacks is missing. */
  readonly totals: ReadonlyMap<string, number>;
}

/**
 * Reads a header line and one row of hexadecimal numbers per CPU. Columns are found by name, because kernels add and
 * rename them. `entries` is the namespace's total, repeated on each row (ct_cpu_seq_show in
 * net/netfilter/nf_conntrack_standalone.c); the others are per CPU, 32 bits wide there.
 * @throws when the text is not such a table.
 */
export function parseConntrackStats(text: string): ConntrackStats {
  const [header, ...rows] = text.split('\n').map((line) => line.split(/\s+/).filter((word) => word !== ''));
  const cpus = rows.filter((row) => row.length > 0);
  if (!header.includes('entries') || cpus.length === 0) throw new Error('nf_conntrack: no entries column or no rows');

  const totals = new Map(header.map((name) => [name, 0]));
  for (const row of cpus) {
    if (row.length < header.length) throw new Error(`nf_conntrack: ${row.length} of ${header.length} columns in a row`);
    for (const [column, name] of header.entries()) totals.set(name, totals.get(name)! + parseHex(row[column]));
  }
  totals.delete('entries');
  return { entries: parseHex(cpus[0][header.indexOf('entries')]), totals };
}

function parseHex(word: string): number {
  if (!/^[0-9a-f]{1,16}$/i.test(word))
    throw new Error(`nf_conntrack: ${JSON.stringify(word.slice(0, 20))} is no number`);
  return Number.parseInt(word, 16);
}
