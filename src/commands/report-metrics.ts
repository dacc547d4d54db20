import { type AskError, askUpstreams } from './upstreams-ask.ts';

type Access = Omit<Parameters<typeof askUpstreams>[0], 'url' | 'path' | 'flag' | 'query'>;

/** What says where the metrics of a badgateway are. */
export interface MetricsAccess extends Access {
  /** Its page. */
  readonly server: string;
  /** Its metrics listener; not there: `METRICS_PORT` of the same host. */
  readonly metrics?: string;
}

/** One sample of /metrics. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const METRICS_PORT = '9502';
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \S+)?$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)",?/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

/** The samples whose name begins with one of `names`. @throws Error whose message names the next step. */
export async function askMetrics(access: MetricsAccess, names: readonly string[]): Promise<Sample[]> {
  const url = access.metrics ?? usualMetrics(access.server);
  const flag = access.metrics === undefined ? '--server' : '--metrics';
  try {
    const body = await askUpstreams({ ...access, url, path: '/metrics', query: {}, flag });
    return readSamples(body, names);
  } catch (error) {
    const { status, cause } = error as AskError;
    const isNobody = (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
    if (!isNobody && status !== 404) throw error;
    const what = isNobody ? 'nobody listens there' : 'it has no /metrics (404)';
    throw new Error(
      `${url}: ${what}: give the address of its metrics (--web.listen-address, usually port ${METRICS_PORT}) with --metrics`,
    );
  }
}

/** Of the text format 0.0.4. */
export function readSamples(page: string, names: readonly string[]): Sample[] {
  const samples: Sample[] = [];
  for (const line of page.split('\n')) {
    if (!names.some((name) => line.startsWith(name))) continue;
    const match = SAMPLE.exec(line);
    if (match === null) continue;
    const labels: Record<string, string> = {};
    for (const [, label, value] of (match[2] ?? '').matchAll(LABEL))
      labels[label] = value.replace(/\\[n"\\]/g, (text) => ESCAPES[text]);
    samples.push({ name: match[1], labels, value: numberOf(match[3]) });
  }
  return samples;
}

function numberOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

function usualMetrics(server: string): string {
  // What is wrong with it is said where it is asked.
  if (!URL.canParse(server)) return server;
  const url = new URL(server);
  url.port = METRICS_PORT;
  return url.origin;
}
