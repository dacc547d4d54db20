/** The fields behind the message that are not judged. Nothing in them is escaped; nothing else of the request is kept. */
export interface Fields {
  /** An address, or `unix:`. */
  readonly client: string | null;
  /** The server name or, before the request is read, the listen address; may be empty. */
  readonly server: string | null;
  readonly host: string | null;
  readonly method: string | null;
  /** A request inside the client's request (auth_request, mirror, slice). */
  readonly isSubrequest: boolean;
  /** A session of the stream module. */
  readonly isSession: boolean;
}

const LONGEST = 1024;
const CLIENT = /^, (udp )?client: ([^,]{0,200})/;
/** A server name may be a regular expression with commas: it ends where the next field begins. */
const SERVER = /^, server: (.*?)(?=, request: "|, upstream: "|, host: "|, login: "|, bytes from\/to client:|$)/s;
const REQUEST = /^, request: "([A-Z][A-Z_-]{0,31}) /;
const REQUEST_END = /^, request: ".*? HTTP\/\d\.\d"/s;
const SUBREQUEST = /^, subrequest: "/;
const UPSTREAM = /^(?:, subrequest: ".*?")?, upstream: "[^"]*"/s;
const HOST = /^, host: "([^"]*)"/;

/** Reads forward from `, client: ` at `from`, each field only where the one before it ends. */
export function readFields(buffer: Buffer, from: number): Fields {
  const text = buffer.toString('utf8', from);
  const client = CLIENT.exec(text);
  let rest = text.slice(client?.[0].length ?? 0);
  const server = SERVER.exec(rest);
  rest = rest.slice(server?.[0].length ?? 0);
  const method = REQUEST.exec(rest)?.[1] ?? null;
  const requestEnd = REQUEST_END.exec(rest)?.[0].length ?? -1;
  const isRead = requestEnd >= 0;
  if (isRead) rest = rest.slice(requestEnd);
  const isSubrequest = isRead && SUBREQUEST.test(rest);
  rest = rest.slice(UPSTREAM.exec(rest)?.[0].length ?? 0);
  return {
    client: client?.[2] || null,
    server: server ? server[1].slice(0, LONGEST) : null,
    host: (isRead && HOST.exec(rest)?.[1].slice(0, LONGEST)) || null,
    method,
    isSubrequest,
    isSession: client?.[1] !== undefined || (method === null && text.includes(', bytes from/to client:')),
  };
}
