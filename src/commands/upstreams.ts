import { isLoopback } from '../http/address.ts';
import { showInvisible } from '../http/html.ts';
import { formatAge } from '../http/page-time.ts';
import { answerSchema, type UpstreamsAnswer } from './upstreams-answer.ts';
import { askUpstreams } from './upstreams-ask.ts';
import { upstreamsTable } from './upstreams-table.ts';

const MOST_MISSPELT = 10;

export interface UpstreamsOptions {
  readonly url: string;
  readonly gateway?: string;
  readonly upstream?: string;
  readonly state?: string;
  /** One JSON object instead of the table. */
  readonly json?: boolean;
  /** The exit code says whether something drifts. */
  readonly check?: boolean;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
}

export interface Terminal {
  readonly out: (text: string) => void;
  readonly note: (sentence: string) => void;
  /** Columns; null when it is no terminal. */
  readonly width: number | null;
}

/** The command: returns the exit code. 2: nothing can be told, and `note` says what to do. */
export async function runUpstreams(options: UpstreamsOptions, terminal: Terminal = ownTerminal()): Promise<number> {
  try {
    const answer = await ask(options, terminal);
    if (options.json !== true) terminal.out(upstreamsTable(answer, terminal.width));
    for (const sentence of notesOn(answer, options.state)) terminal.note(sentence);
    return options.check === true ? check(answer, terminal) : 0;
  } catch (error) {
    terminal.note((error as Error).message);
    return 2;
  }
}

async function ask(options: UpstreamsOptions, { out, note }: Terminal): Promise<UpstreamsAnswer> {
  const { url, user, gateway, upstream, state } = options;
  const isClear = user !== undefined && URL.canParse(url) && !url.startsWith('https:');
  if (isClear && !isLoopback(new URL(url).hostname))
    note('the password goes over the network unencrypted: use https://');
  const query = Object.entries({ gateway, upstream, state }).filter(
    (pair): pair is [string, string] => pair[1] != null,
  );
  const body = await askUpstreams({ ...options, query: Object.fromEntries(query) });
  const json = parse(body);
  const answer = answerSchema.safeParse(json);
  if (!answer.success)
    throw new Error(`${url}: the answer is not that of /api/v1/upstreams: is this badgateway, of this version?`);
  // The escapes are those of JSON.
  if (options.json === true) out(`${showInvisible(JSON.stringify(json))}\n`);
  return answer.data;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function notesOn(
  { at, gateways, cluster, counts, notCompared, truncated }: UpstreamsAnswer,
  state: string | undefined,
): string[] {
  const notes: string[] = [];
  const slices = slicesOf(cluster);
  const known = sum(counts);
  if (known + notCompared === 0) notes.push('no such upstream is known; the page says what was discovered');
  else if (state !== undefined && gateways.every(hasNoAddress)) notes.push(`no address is ${state}`);
  if (known > 0 && slices.freshness !== 'fresh') {
    const age =
      slices.currentAt === null ? '' : `, current ${formatAge(Date.parse(at) - Date.parse(slices.currentAt))} ago`;
    notes.push(`EndpointSlices are ${slices.freshness}${age}: every address is unknown until they are read`);
  }
  for (const { isOld, subject } of gateways.slice(0, 20))
    if (isOld) notes.push(`${showInvisible(subject.gateway)} was read too long ago: its addresses are unknown`);
  const misspelt = gateways
    .flatMap(({ upstreams }) => upstreams)
    .filter(({ mapping }) => mapping !== undefined && mapping.nearest.length > 0);
  for (const { name, mapping } of misspelt.slice(0, MOST_MISSPELT)) {
    const nearest = showInvisible(mapping!.nearest.join(', '));
    notes.push(`no Service is known for upstream ${showInvisible(name)}; the nearest that there are: ${nearest}`);
  }
  if (misspelt.length > MOST_MISSPELT)
    notes.push(`nor for ${misspelt.length - MOST_MISSPELT} more that have names like those of Services`);
  if (truncated > 0) notes.push(`${truncated} more are not listed: narrow with --gateway, --upstream or --state`);
  return notes;
}

function hasNoAddress({ upstreams }: UpstreamsAnswer['gateways'][number]): boolean {
  return upstreams.every(({ addresses }) => addresses.length === 0);
}

/** What could not be compared is no good news: 2 when nothing can be told, 1 when something drifts. */
function check({ gateways, cluster, counts }: UpstreamsAnswer, { note }: Terminal): number {
  if (counts.stale + counts.foreign + counts.port_drift > 0) return 1;
  const isUnread = sum(counts) > 0 && slicesOf(cluster).freshness !== 'fresh';
  const isBlind = isUnread || gateways.length === 0 || gateways.some(({ isOld }) => isOld);
  if (isBlind) note('whether something drifts cannot be told');
  else if (counts.unknown > 0)
    note(`nothing drifts, but ${counts.unknown === 1 ? '1 address is' : `${counts.unknown} addresses are`} unknown`);
  return isBlind ? 2 : 0;
}

function sum(counts: UpstreamsAnswer['counts']): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function slicesOf(cluster: UpstreamsAnswer['cluster']): { freshness: string; currentAt: string | null } {
  return cluster.find(({ resource }) => resource === 'endpointslices') ?? { freshness: 'unwatched', currentAt: null };
}

function ownTerminal(): Terminal {
  const { stdout, stderr } = process;
  return {
    out: (text) => void stdout.write(text),
    note: (sentence) => void stderr.write(`badgateway: ${sentence}\n`),
    width: stdout.isTTY ? stdout.columns : null,
  };
}
