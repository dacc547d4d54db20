/** Counters by `<group>.<name>` as the kernel calls them, e.g. `TcpExt.ListenOverflows`. */
export type NetstatCounters = ReadonlyMap<string, number>;

/**
 * Reads `net/netstat` and `net/snmp`: pairs of lines `Group: names…` and `Group: values…` (netstat_seq_show and
 * snmp_seq_show in net/ipv4/proc.c). By name only: the lists grow with every kernel.
 * @throws when a names line has no values line or they differ in length.
 */
export function parseNetstat(text: string): NetstatCounters {
  const counters = new Map<string, number>();
  const lines = text.split('\n').filter((line) => line !== '');
  for (let at = 0; at < lines.length; at += 2) {
    const names = lines[at].split(' ');
    const values = lines[at + 1]?.split(' ') ?? [];
    const group = names[0];
    if (values[0] !== group || values.length !== names.length) {
      throw new Error(`netstat: names and values of ${JSON.stringify(group.slice(0, 20))} do not match`);
    }
    for (let column = 1; column < names.length; column++) {
      counters.set(`${group.slice(0, -1)}.${names[column]}`, parseDecimal(values[column]));
    }
  }
  return counters;
}

function parseDecimal(word: string): number {
  // Tcp.MaxConn is -1.
  if (!/^-?\d{1,20}$/.test(word)) throw new Error(`netstat: ${JSON.stringify(word.slice(0, 20))} is no number`);
  return Number(word);
}
