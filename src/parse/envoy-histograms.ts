import { MAX_STATS_LINE_BYTES } from './envoy-stats.ts';

/** One of Envoy's distributions since its start, as it tells it. */
export interface EnvoyHistogram {
  /** Upper bounds in milliseconds as in the answer, the last one is Infinity. */
  readonly bounds: number[];
  /** How many were not above each bound: cumulative. */
  readonly counts: number[];
  /** Of all values, milliseconds. */
  sum: number;
}

/** `upstream`: `upstream_rq_time` by cluster; `downstream`: `downstream_rq_time` by prefix of the connection manager. The keys are of `ownerKey`. */
export interface EnvoyHistograms {
  readonly upstream: Map<string, EnvoyHistogram>;
  readonly downstream: Map<string, EnvoyHistogram>;
}

/**
 * Unless the operator has defined tags, Envoy's take a name up to its first dot; what is behind that goes into the name of the
 * family, with `_` for whatever a family must not have. `rest` is that part, '' when the tag has the whole name.
 */
export function ownerKey(tag: string, rest: string): string {
  return rest === '' ? tag : `${tag}\0${rest}`;
}

const NEWLINE = 0x0a;
const SAMPLE = /^envoy_(cluster|http)_(?:(\w+)_)?(upstream|downstream)_rq_time_(bucket|sum)\{(.*)\} (\S+)\r?$/;
const OWNER = {
  cluster: /(?:^|,)envoy_cluster_name="((?:[^"\\]|\\.)*)"/,
  http: /(?:^|,)envoy_http_conn_manager_prefix="((?:[^"\\]|\\.)*)"/,
} as const;
/** Of a cluster, by who has asked or which zone has answered: parts of what it counts itself. */
const PART = /^(?:internal|external|canary|zone_.*)$/;
const LE = /(?:^|,)le="([^"]*)"/;
/** The admin interface is no gateway. */
const ADMIN = 'admin';

/**
 * Streaming reader of `/stats/prometheus`, of which only these two families are taken: the text form has no sums. Several series of one owner
 * (tags of the operator's own) are added up. What is no such line is passed over.
 */
export class HistogramsParser {
  readonly found: EnvoyHistograms = { upstream: new Map(), downstream: new Map() };
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    let start = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline >= 0; newline = chunk.indexOf(NEWLINE, start)) {
      this.#read(this.#rest.toString('latin1') + chunk.toString('latin1', start, newline));
      this.#rest = Buffer.alloc(0);
      start = newline + 1;
    }
    if (start === chunk.length) return;
    const rest = Buffer.concat([this.#rest, chunk.subarray(start)]);
    // Kept longer than any line that is read, so that its end is not taken for one.
    this.#rest = Buffer.from(rest.subarray(0, MAX_STATS_LINE_BYTES + 1));
  }

  end(): void {
    this.#read(this.#rest.toString('latin1'));
    this.#rest = Buffer.alloc(0);
  }

  #read(line: string): void {
    if (line.length > MAX_STATS_LINE_BYTES) return;
    const [, root, rest = '', side, kind, labels, text] = SAMPLE.exec(line) ?? [];
    if ((root !== 'cluster' && root !== 'http') || (root === 'cluster') !== (side === 'upstream')) return;
    const tag = OWNER[root].exec(labels)?.[1].replace(/\\(.)/g, '$1');
    const value = Number(text);
    if (tag === undefined || !Number.isFinite(value) || value < 0) return;
    if (root === 'http' ? tag === ADMIN && rest === '' : PART.test(rest)) return;
    const all = root === 'cluster' ? this.found.upstream : this.found.downstream;
    const key = ownerKey(tag, rest);
    const histogram = all.get(key) ?? { bounds: [], counts: [], sum: 0 };
    all.set(key, histogram);
    if (kind === 'sum') histogram.sum += value;
    else addBucket(histogram, LE.exec(labels)?.[1] ?? '', value);
  }
}

function addBucket({ bounds, counts }: EnvoyHistogram, le: string, count: number): void {
  const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : le === '' ? Number.NaN : Number(le);
  if (Number.isNaN(bound)) return;
  const known = bounds.indexOf(bound);
  if (known >= 0) counts[known] += count;
  else {
    bounds.push(bound);
    counts.push(count);
  }
}
