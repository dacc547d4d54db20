import { generalCause } from '../causes/general.ts';
import type { PeerAddress } from '../contract/failure.ts';
import type { Cause, Symptom } from '../contract/names.ts';
import type { LogLine } from '../parse/log-lines.ts';
import { FORMAT, LINE_FORMATS, type LineFormat } from '../parse/log-prefix.ts';
import { type Repaired, repairLine, repairQuotes } from '../parse/log-prefix-pasted.ts';
import type { AttemptPhase } from '../parse/nginx-phase.ts';
import type { Level } from '../parse/nginx-prefix.ts';
import { type NginxRecord, readRecord } from '../parse/nginx-record.ts';

/** One line of `explain --json`, keys in this order. */
export interface Explained {
  readonly line: number;
  readonly format: LineFormat;
  readonly time: string | null;
  readonly level: Level | null;
  readonly pid: number | null;
  readonly tid: number | null;
  readonly connection: number | null;
  readonly errno: number | null;
  readonly phase: AttemptPhase | null;
  readonly symptom: Symptom | null;
  readonly cause: Cause | null;
  readonly upstream: PeerAddress | null;
  readonly client: string | null;
  readonly server: string | null;
  readonly host: string | null;
  readonly method: string | null;
  readonly upstream_failure: boolean;
  readonly status: number | null;
}

const NOTHING = {
  time: null,
  level: null,
  pid: null,
  tid: null,
  connection: null,
  errno: null,
  phase: null,
  symptom: null,
  cause: null,
  upstream: null,
  client: null,
  server: null,
  host: null,
  method: null,
  upstream_failure: false,
  status: null,
} as const;
const AS_IT_IS = { hasTime: true, hasLevel: true, hasProcess: true, hasConnection: true } as const;
/** nginx writes at most 2047 bytes; a damaged line may have a long prefix. Longer text is no nginx error line. */
const LONGEST_REPAIRED_BYTES = 8192;

/** Says what one line means. Anything but an nginx error line is `format: other` with nulls. */
export function explainLine({ number, content, format, isTooLong, raw }: LogLine): Explained {
  if (isTooLong) return { line: number, format: 'other', ...NOTHING };
  const record = readRecord(withRepairedQuotes(content));
  if (record !== null) return describe(number, { record, format, known: AS_IT_IS });
  if (raw.length > LONGEST_REPAIRED_BYTES) return { line: number, format: 'other', ...NOTHING };
  const isWrapped = format === FORMAT.cri || format === FORMAT.dockerJson;
  const repaired = repairLine((isWrapped ? content : raw).toString('utf8'));
  const again = repaired === null ? null : readRecord(repaired.text);
  if (repaired === null || again === null) return { line: number, format: 'other', ...NOTHING };
  return describe(number, { record: again, format: isWrapped ? format : repaired.format, known: repaired });
}

/** One JSON object on one line. C1 control characters are escaped too: some terminals obey them. */
export function toJson(explained: Explained): string {
  return JSON.stringify(explained).replaceAll(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const ODD_QUOTES = [', request: \\"', 'upstream:"', 'upstream: h', 'upstream:  ', '“', '”'];

function withRepairedQuotes(content: Buffer): Buffer | string {
  if (!ODD_QUOTES.some((odd) => content.includes(odd))) return content;
  return repairQuotes(content.toString('utf8'));
}

interface Found {
  readonly record: NginxRecord;
  readonly format: number;
  readonly known: Pick<Repaired, 'hasTime' | 'hasLevel' | 'hasProcess' | 'hasConnection'>;
}

function describe(line: number, { record, format, known }: Found): Explained {
  const { symptom, upstream, detail } = record;
  return {
    line,
    format: LINE_FORMATS[format],
    time: known.hasTime ? record.time : null,
    level: known.hasLevel ? record.level : null,
    pid: known.hasProcess ? record.pid : null,
    tid: known.hasProcess ? record.tid : null,
    connection: known.hasConnection ? record.connection : null,
    errno: record.errno,
    phase: record.phase,
    symptom,
    cause: symptom === null ? null : generalCause({ symptom, peer: upstream, ...(detail ? { detail } : {}) }),
    upstream,
    client: record.client,
    server: record.server,
    host: record.host,
    method: record.method,
    upstream_failure: record.upstreamFailure,
    status: record.status,
  };
}
