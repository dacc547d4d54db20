import { FORMAT, LineUnwrapper } from './log-prefix.ts';

/** A line that people or pipelines have damaged, put back into nginx's form. For `explain` only: never for counting. */
export interface Repaired {
  /** `YYYY/MM/DD HH:MM:SS [level] pid#tid: *cid MESSAGE…`; what was missing is made up and named below. */
  readonly text: string;
  /** Index into LINE_FORMATS. */
  readonly format: number;
  readonly hasTime: boolean;
  readonly hasLevel: boolean;
  readonly hasProcess: boolean;
  readonly hasConnection: boolean;
}

const MOST_PREFIXES = 6;
const MARKS = /^(?:[\s>"'`“”‘’•…]|\.\.\.|#\s|-\s|\/\/\s|\*\s)+/;
/** One piece of a prefix each; tried in this order. None can step over a quote, so nothing inside an access line is reached. */
const PREFIXES: readonly RegExp[] = [
  /^[\w./@+-]{1,200}\.log(?:\.\d{1,3})?:(?:\d{1,9}:)?\s?/,
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\s+/,
  /^(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: \d{4})? /,
  /^<\d{1,3}>(?:1 )?/,
  /^(?:stdout|stderr)(?: [FP])? /,
  /^\[[^\]"]{1,160}\]:?\s+/,
  /^[A-Z]{3,9}:?\s+/,
  /^[\w.-]{1,100} *\| ?/,
  /^[\w./-]{1,100}(?:\[\d{1,10}\])?:\s+/,
  /^(?=[\w./:@-]*[\d.-])[A-Za-z0-9][\w./:@-]{1,150}(?: [a-z][a-z0-9-]{0,62})?\s+/,
];
const HEAD =
  /^(?:(\d{1,4}\/\d\d\/\d\d \d\d:\d\d:\d\d),? ?)?(nginx: )?\[?(emerg|alert|crit|error|warn|notice|info|debug)\]:? ?(?:(\d{1,10}#\d{1,10}): ?)?(?:\*(\d{1,20}) )?/;
const TIME_LENGTH = 'YYYY/MM/DD HH:MM:SS'.length;
/** `[error] [nginx @ host] …`: somebody else's level. */
const OTHER_BRACKET = /^\[(?!lua\] )/;
const BARE =
  /^(?:\*(\d{1,20}) )?(?=connect\(\) |upstream |no live upstreams|recv\(\) |readv\(\) |send\(\) |writev\(\) |SSL_do_handshake\(\) |peer closed connection )/;
const FIELDS = /, client: .*, server: /;
const ACTION =
  / while (?:connecting to upstream|reading (?:response header from )?upstream|sending request to upstream|SSL handshaking to upstream|proxying )/;
const DROPPED_QUOTES =
  /^(.*?), request: "?([^"]{1,1800}? HTTP\/\d\.\d)"?(, subrequest: "[^"]*")?,? upstream: {0,8}"?([a-z]{3,9}:\/\/[^",\s]+)"?(?=,|\s|$)/s;

const unwrapper = new LineUnwrapper();

/** Null when nothing in it looks like an nginx error line. */
export function repairLine(line: string): Repaired | null {
  let rest = line.replace(MARKS, '');
  let format: number = FORMAT.plain;
  for (let count = 0; count <= MOST_PREFIXES; count++) {
    const found = readHead(repairQuotes(rest), format);
    if (found !== null) return found;
    const inner = unwrapInner(rest);
    if (inner !== null) {
      format = inner.format;
      rest = inner.text;
      continue;
    }
    const prefix = PREFIXES.map((pattern) => pattern.exec(rest)).find((match) => match !== null);
    if (prefix === undefined) return null;
    if (format === FORMAT.plain) format = FORMAT.prefixed;
    rest = rest.slice(prefix[0].length);
  }
  return null;
}

function readHead(text: string, format: number): Repaired | null {
  const head = HEAD.exec(text) ?? BARE.exec(text);
  if (head === null) return null;
  const isBare = head[0] === '' || head[0].startsWith('*');
  const [time, startUp, level, process, cid] = isBare
    ? [undefined, undefined, undefined, undefined, head[1]]
    : head.slice(1);
  const message = text.slice(head[0].length);
  const hasFields = FIELDS.test(message);
  const isEnough = isBare
    ? hasFields || ACTION.test(message)
    : process !== undefined || cid !== undefined || startUp !== undefined || hasFields;
  if (!isEnough || message === '' || (process === undefined && OTHER_BRACKET.test(message))) return null;
  const connection = cid ?? (hasFields ? '0' : undefined);
  const rebuilt = `${(time ?? '/00/00 00:00:00').padStart(TIME_LENGTH, '0')} [${level ?? 'error'}] ${process ?? '0#0'}: `;
  return {
    text: `${rebuilt}${connection === undefined ? '' : `*${connection} `}${message}`,
    format,
    hasTime: time?.length === TIME_LENGTH,
    hasLevel: level !== undefined,
    hasProcess: process !== undefined,
    hasConnection: cid !== undefined,
  };
}

/** A container runtime's line behind another prefix, or JSON of another log pipeline. */
function unwrapInner(text: string): { format: number; text: string } | null {
  const buffer = Buffer.from(text);
  unwrapper.unwrap(buffer, 0, buffer.length);
  if (unwrapper.format === FORMAT.cri || unwrapper.format === FORMAT.dockerJson) {
    return { format: unwrapper.format, text: unwrapper.buffer.toString('utf8', unwrapper.start, unwrapper.end) };
  }
  if (!text.startsWith('{')) return null;
  try {
    const { log, message, msg } = JSON.parse(text) as Record<string, unknown>;
    const content = log ?? message ?? msg;
    if (typeof content !== 'string') return null;
    return { format: log === undefined ? FORMAT.prefixed : FORMAT.dockerJson, text: content.trimEnd() };
  } catch {
    return null;
  }
}

/** Smart, escaped and dropped quotes around the fields. A line that has nginx's own quotes is left as it is. */
export function repairQuotes(text: string): string {
  let repaired = text;
  if (!repaired.includes(', request: "')) {
    repaired = repaired.replaceAll(/[“”„]/g, '"');
    if (repaired.includes(', request: \\"')) repaired = repaired.replaceAll('\\"', '"');
  }
  if (repaired.includes(', upstream: "') || !repaired.includes('upstream:')) return repaired;
  return repaired.replace(DROPPED_QUOTES, '$1, request: "$2"$3, upstream: "$4"');
}
