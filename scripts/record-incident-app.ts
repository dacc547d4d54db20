/**
 * What runs in a pod of the recorded shop: an HTTP server that answers as it was told. Reads what to do from standard input, one a line; writes
 * a line when it listens.
 *
 *   node scripts/record-incident-app.ts [BACKLOG]
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';

const DEEDS = {
  ok: (_, answer) => answer.end('ok'),
  /** It ends before it has answered. */
  crash: ({ socket }) => socket.destroy(),
  half: ({ socket }, answer) => {
    answer.writeHead(200, { 'content-length': 1000 });
    answer.write('{"results":[');
    setTimeout(() => socket.destroy(), 20);
  },
  big: (_, answer) => answer.writeHead(200, { 'set-cookie': `session=${'a'.repeat(6000)}` }).end(),
  silent: () => {},
} as const satisfies Record<string, (incoming: IncomingMessage, answer: ServerResponse) => unknown>;
export type Deed = keyof typeof DEEDS;

if (import.meta.main) {
  let deed: Deed = 'ok';
  createInterface({ input: process.stdin }).on('line', (line) => {
    deed = line as Deed;
  });
  const backlog = process.argv[2] === undefined ? {} : { backlog: Number(process.argv[2]) };
  createServer((incoming, answer) => {
    setTimeout(() => DEEDS[deed](incoming, answer), 20 + Math.random() * 120);
  }).listen({ host: '0.0.0.0', port: 8080, ...backlog }, () => console.log('listens'));
}
