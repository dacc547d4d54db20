import { ConfigError } from '../config/problem.ts';
import { showInvisible, showInvisibleInLines } from '../http/html.ts';
import { readIncidentsQuery } from '../http/incidents-query.ts';
import { askServer, DEFAULT_SERVER, isNobody, type ServerAccess } from './diagnose-ask.ts';
import { type Insight, UpstreamCase } from './diagnose-case.ts';
import type { StepOutcome } from './diagnose-check.ts';
import { lookHere } from './diagnose-look.ts';
import { probe } from './diagnose-probe.ts';
import {
  buildReport,
  type DiagnoseReport,
  EXIT_CODES,
  type Looked,
  type ReportInput,
  type ReportSource,
} from './diagnose-report.ts';
import { diagnoseText } from './diagnose-text.ts';
import { askUpstream } from './diagnose-upstream.ts';

export interface DiagnoseOptions {
  readonly upstream?: string | undefined;
  /** `15m`, `2h`, or a moment. */
  readonly since: string;
  readonly json?: boolean;
  /** URL of its page; false (--no-server): look here even if one runs. Absent or true: the usual address, if one answers there. */
  readonly server?: string | boolean;
  readonly config?: string;
  /** Connect to the addresses of the upstream. */
  readonly probe?: boolean;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
}

export interface DiagnoseTerminal {
  readonly out: (text: string) => void;
  readonly note: (sentence: string) => void;
  /** Replaces the last one; '' clears it. */
  readonly progress: (sentence: string) => void;
  /** Columns; null when it is no terminal. */
  readonly width: number | null;
  readonly hasColour: boolean;
}

interface Source {
  readonly looked: Looked;
  readonly source: ReportSource;
  readonly insight: Insight;
  readonly notes: readonly string[];
}

/** The command: returns the exit code. 0 healthy, 1 findings, 2 it could not look, and `note` says what to do. */
export async function runDiagnose(
  options: DiagnoseOptions,
  terminal: DiagnoseTerminal = ownTerminal(),
): Promise<number> {
  try {
    const { report, exitCode } = await diagnose(options, terminal);
    terminal.progress('');
    if (options.json === true) terminal.out(`${showInvisible(JSON.stringify({ ...report, exitCode }))}\n`);
    else terminal.out(diagnoseText(report, terminal));
    return exitCode;
  } catch (error) {
    terminal.progress('');
    const { message } = error as Error;
    terminal.note(error instanceof ConfigError ? showInvisibleInLines(message) : showInvisible(message));
    return 2;
  }
}

async function diagnose(options: DiagnoseOptions, terminal: DiagnoseTerminal) {
  const sinceMs = sinceOf(options.since, Date.now());
  if (options.probe === true && options.upstream === undefined)
    throw new Error('--probe needs an upstream to connect to');
  const { looked, source, insight, notes } = await find(options, sinceMs, terminal);
  const atMs = Date.now();
  const input = { looked, source, atMs, sinceMs, notes };
  const report = buildReport(input);
  if (options.upstream === undefined) return { report, exitCode: EXIT_CODES[report.outcome] };
  return await diagnoseUpstream(options, { input, report, insight });
}

interface Reported {
  readonly input: ReportInput;
  readonly report: DiagnoseReport;
  readonly insight: Insight;
}

async function diagnoseUpstream({ upstream: asked = '', probe: isProbing }: DiagnoseOptions, reported: Reported) {
  const { input, report, insight } = reported;
  const { looked, atMs, sinceMs } = input;
  const question = { looked, asked, atMs, sinceMs };
  const before = new UpstreamCase({ ...question, insight });
  const addresses = before.addresses.map(({ address }) => address);
  const probed = isProbing === true ? { probed: await probe([...addresses, asked]) } : {};
  const upstream = askUpstream({ ...question, insight: { ...insight, ...probed } });
  const findings = report.findings.filter((finding) => before.isFound(finding));
  const count = (one: StepOutcome) => upstream.steps.filter(({ outcome }) => outcome === one).length;
  const outcome = count('fail') > 0 ? 'findings' : report.seesFailures ? 'healthy' : 'blind';
  const summary = `${asked}: of 7 steps ${count('fail')} fail, ${count('pass')} pass, ${count('unknown')} unknown`;
  const answer: DiagnoseReport = { ...report, outcome, summary, findings, upstream };
  return { report: answer, exitCode: EXIT_CODES[outcome] };
}

/** Asks who runs already, else looks. */
async function find(options: DiagnoseOptions, sinceMs: number, terminal: DiagnoseTerminal): Promise<Source> {
  const { server, config } = options;
  const isNamed = typeof server === 'string';
  if (isNamed && config !== undefined) throw new Error('--config is for a look of our own: give it without --server');
  if (isNamed || (server !== false && config === undefined)) {
    const access: ServerAccess = { ...options, url: isNamed ? server : DEFAULT_SERVER };
    try {
      const looked = await askServer(access, sinceMs);
      return { looked, source: { kind: 'server', url: access.url }, insight: {}, notes: [] };
    } catch (error) {
      if (isNamed) throw error;
      if (!isNobody(error)) throw new Error(`${(error as Error).message}; or look without it: --no-server`);
    }
  }
  const look = await lookHere({ configFile: config, sinceMs, onProgress: terminal.progress });
  return { ...look, source: { kind: 'here' } };
}

function sinceOf(text: string, nowMs: number): number {
  const query = readIncidentsQuery(`?since=${encodeURIComponent(text)}`, nowMs);
  if (typeof query === 'string' || query.sinceMs === undefined)
    throw new Error(
      `--since ${JSON.stringify(text)}: give a duration such as 15m, 2h or 1d, or a time such as 2026-11-21T03:00:00Z`,
    );
  if (query.sinceMs >= nowMs) throw new Error(`--since ${JSON.stringify(text)} is not in the past`);
  return query.sinceMs;
}

function ownTerminal(): DiagnoseTerminal {
  const { stdout, stderr, env } = process;
  return {
    out: (text) => void stdout.write(text),
    note: (sentence) => void stderr.write(`badgateway: ${sentence}\n`),
    progress: (sentence) => {
      if (stderr.isTTY) stderr.write(`\r\u001b[K${sentence.slice(0, (stderr.columns || 80) - 1)}`);
    },
    width: stdout.isTTY ? stdout.columns : null,
    hasColour: stdout.isTTY && !env.NO_COLOR && env.TERM !== 'dumb',
  };
}
