import type { FakeProc } from './fake-proc.ts';
import { HEADER, HEADER6, row, type SocketRow } from './tcp-rows.ts';

const NGINX_TITLE = 'nginx: master process /usr/sbin/nginx -g daemon off;';

export interface FakeProcess {
  readonly pid: number;
  readonly uid?: number;
  readonly startTicks?: number;
  readonly parent?: number;
}

/** A process as it can be told in /proc without privilege. */
export function writeProcess(fake: FakeProc, comm: string, cmdline: string, process: FakeProcess): void {
  const { pid, uid = 0, startTicks = 100 + pid, parent = 1 } = process;
  const times = '0 '.repeat(17).trim();
  fake
    .write(`${pid}/comm`, `${comm}\n`)
    .write(`${pid}/cmdline`, `${cmdline}\0`)
    .write(`${pid}/status`, `Name:\t${comm}\nUid:\t0\t${uid}\t0\t${uid}\nGid:\t0\t0\t0\t0\n`)
    .write(`${pid}/stat`, `${pid} (${comm}) S ${parent} ${times} ${startTicks} 0\n`);
}

/** A master of root with one worker of user 101 that has the next pid, in a network namespace of its own. */
export function writeNginx(fake: FakeProc, pid: number, title = NGINX_TITLE): void {
  writeProcess(fake, 'nginx', title, { pid });
  writeProcess(fake, 'nginx', 'nginx: worker process', { pid: pid + 1, uid: 101, parent: pid });
  fake.write(`${pid}/task/${pid}/children`, `${pid + 1} `).namespace(String(pid));
  writeSockets(fake, pid, []);
}

/** Its net/tcp, and net/tcp6 when there are rows for it. */
export function writeSockets(
  fake: FakeProc,
  pid: number,
  rows: readonly SocketRow[],
  rows6?: readonly SocketRow[],
): void {
  const text = (header: string, all: readonly SocketRow[]) =>
    `${header}\n${all.map((one, number) => `${row({ number, ...one })}\n`).join('')}`;
  fake.write(`${pid}/net/tcp`, text(HEADER, rows));
  if (rows6 !== undefined) fake.write(`${pid}/net/tcp6`, text(HEADER6, rows6));
}

/** A connection of the user to the address, `10.0.0.1:8080`. */
export function connection(localPort: number, remote: string, uid = 101): SocketRow {
  const colon = remote.lastIndexOf(':');
  const ip = remote.slice(0, colon);
  const local = ip.includes(':') ? 'fd00::9' : '10.0.0.9';
  return { local, remote: ip, localPort, remotePort: Number(remote.slice(colon + 1)), state: 1, uid };
}
