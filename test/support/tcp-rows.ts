import { isIPv4 } from 'node:net';

/** First line of net/tcp. */
export const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     ';
/** First line of net/tcp6. */
export const HEADER6 =
  '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

export interface SocketRow {
  readonly number?: number;
  readonly local: string;
  readonly remote: string;
  readonly localPort: number;
  readonly remotePort: number;
  readonly state: number;
  readonly uid?: number;
}

/** A row of net/tcp or net/tcp6 as a little-endian kernel writes it, without newline. Both addresses IPv6 if one is. */
export function row({ number = 0, local, remote, localPort, remotePort, state, uid = 0 }: SocketRow): string {
  const isWide = !isIPv4(local) || !isIPv4(remote);
  const hex = (value: number, width: number) => value.toString(16).toUpperCase().padStart(width, '0');
  const address = (ip: string, port: number) => `${words(isWide ? toIpv6(ip) : ip)}:${hex(port, 4)}`;
  const sl = String(number).padStart(4);
  return `${sl}: ${address(local, localPort)} ${address(remote, remotePort)} ${hex(state, 2)} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 4242 1 0000000000000000 20 4 30 10 -1`;
}

function toIpv6(ip: string): string {
  return isIPv4(ip) ? `::ffff:${ip}` : ip;
}

function words(ip: string): string {
  const bytes = isIPv4(ip) ? ip.split('.').map(Number) : bytesOfIpv6(ip);
  const text: string[] = [];
  for (let at = 0; at < bytes.length; at += 4)
    text.push(
      ...bytes
        .slice(at, at + 4)
        .reverse()
        .map(byteText),
    );
  return text.join('');
}

function byteText(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

function bytesOfIpv6(ip: string): number[] {
  const canonical = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const [head, tail] = canonical.split('::').map((part) => part.split(':').filter(Boolean));
  const missing = 8 - head.length - (tail?.length ?? 0);
  const groups = tail === undefined ? head : [...head, ...Array<string>(missing).fill('0'), ...tail];
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
}
