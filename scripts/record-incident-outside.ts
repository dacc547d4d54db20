import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, request } from 'node:http';

const CLIENTS = ['10.0.3.7', '10.0.3.8', '10.0.4.21'];
export const DNS = '10.96.0.10';
/** A partner's server on the Internet. */
const PAYMENTS = '198.51.100.7';
/** Addresses of the node's loopback device. The first is the node's own. */
export const ADDRESSES = ['10.0.0.5', DNS, PAYMENTS, ...CLIENTS];

/** Paths that clients ask for, how often a second, at which gateway. */
const TRAFFIC = [
  { path: '/cart/items', perSecond: 9, port: 80 },
  { path: '/checkout/session', perSecond: 5, port: 80 },
  { path: '/search?q=shoes', perSecond: 5, port: 80 },
  { path: '/login', perSecond: 2, port: 80 },
  { path: '/payments/authorize', perSecond: 2, port: 80 },
  { path: '/inventory/42', perSecond: 4, port: 8080 },
];

/** Returns what ends it. */
export function startTraffic(): () => void {
  const timers = TRAFFIC.map(({ path, perSecond, port }) => setInterval(() => ask(port, path), 1000 / perSecond));
  return () => timers.forEach(clearInterval);
}

function ask(port: number, path: string): void {
  const localAddress = CLIENTS[Math.floor(Math.random() * CLIENTS.length)];
  const headers = { host: 'shop.example.com' };
  request({ host: '127.0.0.1', port, path, agent: false, localAddress, headers }, (answer) => {
    answer.on('error', () => {});
    answer.resume();
  })
    .on('error', () => {})
    .end();
}

export async function startPayments(): Promise<void> {
  const server = createServer((_, answer) => answer.end('ok')).listen(8080, PAYMENTS);
  await once(server, 'listening');
}

/** Knows one name, until it is told to forget it (RFC 1035 §4.1). */
export function startDns(): { forget(isForgotten: boolean): void } {
  let isForgotten = false;
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    socket.send(isForgotten ? nameErrorTo(query) : addressTo(query), from.port, from.address);
  });
  socket.bind(53, DNS);
  return {
    forget(is) {
      isForgotten = is;
    },
  };
}

function nameErrorTo(query: Buffer): Buffer {
  const answer = Buffer.from(query);
  answer.writeUInt16BE(0x8183, 2);
  return answer;
}

function addressTo(query: Buffer): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...PAYMENTS.split('.').map(Number)]);
  const answer = Buffer.concat([query.subarray(0, end), record]);
  answer.writeUInt16BE(0x8180, 2);
  answer.writeUInt16BE(1, 6);
  answer.writeUInt16BE(0, 10);
  return answer;
}
