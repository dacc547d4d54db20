/** Values by `<protocol>.<name>`, e.g. `TCP.inuse`; memory is in pages. */
export type SockstatValues = ReadonlyMap<string, number>;

/**
 * Reads `net/sockstat`: lines `TCP: inuse 1 orphan 0 …` (sockstat_seq_show in net/ipv4/proc.c).
 * @throws when a line is not a protocol and pairs of name and number.
 */
export function parseSockstat(text: string): SockstatValues {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (!/^\w+:( \w+ -?\d{1,20})+$/.test(line)) {
      throw new Error(`sockstat: unexpected line ${JSON.stringify(line.slice(0, 30))}`);
    }
    const [protocol, ...pairs] = line.split(' ');
    for (let at = 0; at < pairs.length; at += 2)
      values.set(`${protocol.slice(0, -1)}.${pairs[at]}`, Number(pairs[at + 1]));
  }
  return values;
}
