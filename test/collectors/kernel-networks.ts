import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseNetstat } from '../../src/parse/netstat.ts';
import { Netns, netnsMissing } from '../support/netns.ts';

export const BACKEND_IP = '10.77.0.1';
export const skip = netnsMissing();

/** A listener that says when it listens; connections stay open. argv: address, backlog. */
export const LISTENER = `require('net').createServer((socket) => socket.on('error', () => {}).resume())
  .listen({ port: 8080, host: process.argv[1], backlog: Number(process.argv[2]) }, () => console.log('ready'))`;
/** Opens so many connections, says so, and ends when it is told to. argv: address, port, count, request. */
export const CLIENT = `const [host, port, count, request = ''] = process.argv.slice(1);
  for (let i = 0; i < count; i++) require('net').connect(Number(port), host, function () { this.write(request); }).on('error', () => {}).resume();
  setTimeout(() => console.log('asked'), 300); process.stdin.resume().on('end', () => process.exit());`;

export const counters = (pid: number | string) =>
  parseNetstat(['netstat', 'snmp'].map((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8')).join(''));

export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const endMs = Date.now() + 30_000; !(await holds()); await delay(50))
    if (Date.now() > endMs) throw new Error(`not within 30 s: ${holds}`);
}

/** A backend at 10.77.0.1 and clients of it in another namespace. */
export function connected(t: TestContext): { backend: Netns; clients: Netns } {
  const [backend, clients] = [new Netns(t), new Netns(t)];
  Netns.connect({ netns: backend, address: `${BACKEND_IP}/24` }, { netns: clients, address: '10.77.0.2/24' });
  return { backend, clients };
}

/** Runs the client until `holds`, and ends it, so that no SYN is sent any more. */
export async function withClient(netns: Netns, args: readonly string[], holds: () => boolean): Promise<void> {
  const client = await netns.start(process.execPath, '-e', CLIENT, ...args);
  await until(holds);
  client.kill('SIGKILL');
}
