import { connect } from 'node:net';

export type Place = number | string;

export interface RawRequest {
  /** Everything after the method: may hold what an HTTP library would refuse. */
  readonly target: string;
  readonly host?: string;
  readonly headers?: readonly string[];
}

/** Sends one request byte for byte on its own connection; resolves with the status, or null when there was no answer. */
export function askRaw(place: Place, { target, host = 'shop.example', headers = [] }: RawRequest) {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const socket = open(place);
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (text) => (answer += text));
  socket.on('error', () => {});
  socket.on('close', () => {
    const status = /^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1];
    resolve(status === undefined ? null : Number(status));
  });
  socket.write(
    [`GET ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n'),
    'latin1',
  );
  return promise;
}

/** `count` of them one after another; their statuses. */
export async function askRawTimes(count: number, place: Place, request: RawRequest): Promise<(number | null)[]> {
  const statuses: (number | null)[] = [];
  for (let i = 0; i < count; i++) statuses.push(await askRaw(place, request));
  return statuses;
}

/** Sends a request and closes before the answer, once `when` says that the gateway works on it. */
export async function askAndLeave(place: Place, target: string, when: () => Promise<unknown>): Promise<void> {
  const socket = open(place);
  socket.on('error', () => {});
  socket.write(`GET ${target} HTTP/1.1\r\nHost: shop.example\r\n\r\n`);
  await when();
  socket.destroy();
}

function open(place: Place) {
  return typeof place === 'number' ? connect(place, '127.0.0.1') : connect(place);
}
