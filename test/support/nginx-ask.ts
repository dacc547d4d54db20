import { exchange, openPlace, type Place } from './raw-exchange.ts';

export interface RawRequest {
  /** Everything after the method: may hold what an HTTP library would refuse. */
  readonly target: string;
  readonly host?: string;
  readonly headers?: readonly string[];
}

/** Sends one request byte for byte on its own connection; resolves with the status, or null when there was no answer. */
export async function askRaw(place: Place, { target, host = 'shop.example', headers = [] }: RawRequest) {
  const head = [`GET ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''];
  const status = /^HTTP\/1\.\d (\d{3})/.exec(await exchange(place, head.join('\r\n')))?.[1];
  return status === undefined ? null : Number(status);
}

/** `count` of them one after another; their statuses. */
export async function askRawTimes(count: number, place: Place, request: RawRequest): Promise<(number | null)[]> {
  const statuses: (number | null)[] = [];
  for (let i = 0; i < count; i++) statuses.push(await askRaw(place, request));
  return statuses;
}

/** Sends a request and closes before the answer, once `when` says that the gateway works on it. */
export async function askAndLeave(place: Place, target: string, when: () => Promise<unknown>): Promise<void> {
  const socket = openPlace(place);
  socket.on('error', () => {});
  socket.write(`GET ${target} HTTP/1.1\r\nHost: shop.example\r\n\r\n`);
  await when();
  socket.destroy();
}
