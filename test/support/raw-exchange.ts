import { connect } from 'node:net';

/** A port of loopback or the path of a unix socket. */
export type Place = number | string;

export function openPlace(place: Place) {
  return typeof place === 'number' ? connect(place, '127.0.0.1') : connect(place);
}

/**
 * Sends a request byte for byte (Latin-1) on its own connection; resolves with all that came back, once that is closed.
 * `leavesAfterMs`: the client closes it after so long.
 */
export function exchange(place: Place, request: string, leavesAfterMs?: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = openPlace(place);
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (text) => (answer += text));
  socket.on('error', () => {});
  socket.on('close', () => resolve(answer));
  socket.write(request, 'latin1');
  if (leavesAfterMs !== undefined) setTimeout(() => socket.destroy(), leavesAfterMs);
  return promise;
}
