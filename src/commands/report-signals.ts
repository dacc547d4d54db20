import { showInvisible } from '../http/html.ts';
import { readStatus, readUpstreams } from './diagnose-answer.ts';
import { DEFAULT_SERVER, type ServerAccess } from './diagnose-ask.ts';
import { ownTerminal, type ReportTerminal } from './report.ts';
import { askMetrics, type Sample } from './report-metrics.ts';
import { SignalFacts, type SignalSubject, subjectsOf } from './report-signals-facts.ts';
import { SIGNAL_METRICS, SIGNALS, type Signal, type SignalName } from './report-signals-rules.ts';
import { signalsText } from './report-signals-text.ts';
import { askUpstreams } from './upstreams-ask.ts';

export interface SignalsOptions extends Omit<ServerAccess, 'url'> {
  /** The page of the badgateway to ask. */
  readonly server?: string;
  /** Its metrics listener, where not port 9502 of the host of `server`. */
  readonly metrics?: string;
  /** Only this one. */
  readonly gateway?: string;
  readonly json?: boolean;
}

/** One upstream with what is known of it. */
export interface UpstreamSignals extends Omit<SignalSubject, 'seen'> {
  readonly signals: Readonly<Record<SignalName, Signal>>;
}

/** The command `report signals`: returns the exit code. 0: asked; 2: it cannot be told, or not of everything. */
export async function runSignals(
  options: SignalsOptions,
  { out, note }: Omit<ReportTerminal, 'stdin'> = ownTerminal(),
): Promise<number> {
  const server = options.server ?? DEFAULT_SERVER;
  try {
    const ask = (path: string) => askUpstreams({ ...options, url: server, path, query: {}, flag: '--server' });
    const status = readStatus(await ask('/api/v1/status'));
    const upstreams = readUpstreams(await ask('/api/v1/upstreams'));
    if (status === null || upstreams === null)
      throw new Error(`${server}: the answer is not that of /api/v1: is this badgateway, of this version?`);
    const samples = await metricsOrNote({ ...options, server }, note);
    const facts = new SignalFacts(status, upstreams, samples);
    const reports = subjectsOf(upstreams, options.gateway).map((subject) => signalsOf(subject, facts));
    if (options.json === true) out(`${showInvisible(JSON.stringify({ upstreams: reports }))}\n`);
    else out(signalsText(reports));
    if (reports.length === 0) note('no upstream is known; the page says what was discovered');
    if (upstreams.truncated > 0)
      note(`${upstreams.truncated} addresses beyond what ${showInvisible(server)} lists are left out`);
    return samples === null || reports.length === 0 || upstreams.truncated > 0 ? 2 : 0;
  } catch (error) {
    note(showInvisible((error as Error).message));
    return 2;
  }
}

/** What the page alone says is worth telling. */
async function metricsOrNote(
  access: SignalsOptions & { readonly server: string },
  note: (sentence: string) => void,
): Promise<Sample[] | null> {
  try {
    return await askMetrics(access, SIGNAL_METRICS);
  } catch (error) {
    note(showInvisible((error as Error).message));
    return null;
  }
}

function signalsOf(subject: SignalSubject, facts: SignalFacts): UpstreamSignals {
  const { seen, ...named } = subject;
  const signals = Object.entries(SIGNALS).map(([name, rule]) => [name, rule(subject, facts)] as const);
  return { ...named, signals: Object.fromEntries(signals) as Record<SignalName, Signal> };
}
