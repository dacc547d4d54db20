/** What a line of a backend's log says; closed set of `badgateway_backend_log_events_total{event}`. */
export const BACKEND_EVENTS = [
  'double_write',
  'panic',
  'out_of_memory',
  'address_in_use',
  'no_local_port',
  'too_many_files',
] as const;
export type BackendEvent = (typeof BACKEND_EVENTS)[number];

/** In our words: nothing of a line is ever shown. */
export const EVENT_WORDS: Readonly<Record<BackendEvent, string>> = {
  double_write: 'answered a request twice (Go: response.WriteHeader)',
  panic: 'panicked',
  out_of_memory: 'ran out of memory',
  address_in_use: 'could not listen: its address is in use',
  no_local_port: 'could not connect: no local port is free (errno 99)',
  too_many_files: 'has too many open files',
};

/** Begins the line, or stands behind a stamp, a level or the beginning of a JSON object. */
const LEAD = '^(?:.{0,120}?[\\s"\\]])?';
/**
 * In the words of Go (net/http/server.go, runtime/panic.go, net), Node.js and the JVM. Near the begin of the line, where what a client sent does not stand in
 * usual formats.
 */
const PATTERNS: readonly (readonly [event: BackendEvent, pattern: RegExp])[] = [
  ['double_write', new RegExp(`${LEAD}http: (?:multiple|superfluous) response\\.WriteHeader call`)],
  ['panic', new RegExp(`^panic: |${LEAD}http: panic serving `)],
  ['out_of_memory', /^(?:Exception in thread ".{0,120}" |Caused by: )?java\.lang\.OutOfMemoryError/],
  ['out_of_memory', /^FATAL ERROR: .{0,120}JavaScript heap out of memory|^fatal error: runtime: out of memory/],
  ['address_in_use', new RegExp(`${LEAD}listen (?:EADDRINUSE|tcp[46]? \\S{1,60} bind: address already in use)`)],
  ['no_local_port', new RegExp(`${LEAD}(?:connect EADDRNOTAVAIL|dial tcp .{1,120} cannot assign requested address)`)],
  ['too_many_files', new RegExp(`${LEAD}(?:EMFILE|.{0,160}: too many open files)`)],
];
/** Of the line without what the container runtime put before it. */
export const MOST_LETTERS = 512;

/** Null: nothing that is told. */
export function backendEvent(content: string): BackendEvent | null {
  const begin = content.slice(0, MOST_LETTERS);
  return PATTERNS.find(([, pattern]) => pattern.test(begin))?.[0] ?? null;
}

/** A line that tells something has one of these. Looked for first: the expressions above would take 50 times as long. */
const WORDS = [
  'response.WriteHeader call',
  'panic',
  'OutOfMemoryError',
  'out of memory',
  'EADDRINUSE',
  'address already in use',
  'EADDRNOTAVAIL',
  'cannot assign requested address',
  'EMFILE',
  'too many open files',
].map((word) => Buffer.from(word));
const NEWLINE = 0x0a;

/** Begins of the lines that may tell something, ascending, at most `most`. */
export function suspectLines(lines: Buffer, most: number): number[] {
  const begins = new Set<number>();
  for (const word of WORDS) {
    for (let at = lines.indexOf(word); at >= 0 && begins.size < most; at = lines.indexOf(word, at)) {
      begins.add(lines.lastIndexOf(NEWLINE, at) + 1);
      const end = lines.indexOf(NEWLINE, at);
      at = end < 0 ? lines.length : end;
    }
  }
  return [...begins].sort((one, other) => one - other);
}
