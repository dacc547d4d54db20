export interface SoftnetStat {
  readonly dropped: number;
  readonly timeSqueezed: number;
}

/**
 * Sums `net/softnet_stat`: one row of hexadecimal numbers per CPU and no header. Columns 2 and 3 have kept their place since
 * 2.6 (softnet_seq_show in net/core/net-procfs.c); later kernels only append.
 * @throws when a row is not such a row.
 */
export function parseSoftnetStat(text: string): SoftnetStat {
  let dropped = 0;
  let timeSqueezed = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const row = /^[0-9a-f]{8} ([0-9a-f]{8}) ([0-9a-f]{8})\b/i.exec(line);
    if (row === null) throw new Error(`softnet_stat: unexpected row ${JSON.stringify(line.slice(0, 30))}`);
    dropped += Number.parseInt(row[1], 16);
    timeSqueezed += Number.parseInt(row[2], 16);
  }
  return { dropped, timeSqueezed };
}
