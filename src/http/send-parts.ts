import type { ServerResponse } from 'node:http';

/** A whole body in pieces that stand somewhere. Each is sent from there: nothing may change before the response is closed. */
export function sendParts(response: ServerResponse, parts: readonly Uint8Array[]): void {
  response.setHeader(
    'Content-Length',
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  for (const part of parts.slice(0, -1)) response.write(part);
  // Not by a call of its own: a response is closed one turn later with it, when the next request may be there already.
  response.end(parts.at(-1));
}
