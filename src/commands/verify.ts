import { showInvisible } from '../http/html.ts';
import { runLoad } from './verify-load.ts';
import { readPlan, type VerifyFlags, type VerifyPlan } from './verify-options.ts';
import { reportNotes, reportOf, reportText } from './verify-report.ts';

export interface VerifyTerminal {
  readonly out: (text: string) => void;
  readonly note: (sentence: string) => void;
  /** Ends the run; what there is is printed. */
  readonly signal: AbortSignal;
  /** Afterwards the signals of the process do again what they do. */
  readonly release?: () => void;
}

/**
 * The command: sends requests and returns the exit code. 0: every answer was expected, or not more failed than may; 1: more did; 2: it
 * could not run, or not to its end.
 */
export async function runVerify(flags: VerifyFlags, terminal: VerifyTerminal = ownTerminal()): Promise<number> {
  const { out, note, signal, release } = terminal;
  try {
    const plan = readPlan(flags);
    note(announcement(plan));
    const result = await runLoad({ ...plan.load, signal });
    const report = reportOf(plan, result);
    if (report.counted === 0) note('ended before anything was answered: there is nothing to tell');
    else if (flags.json !== true) out(reportText(report));
    if (flags.json === true) out(`${showInvisible(JSON.stringify(report))}\n`);
    for (const sentence of reportNotes(report)) note(showInvisible(sentence));
    return { passed: 0, failed: 1, cut_short: 2 }[report.verdict];
  } catch (error) {
    note(`${showInvisible((error as Error).message)}\nbadgateway: badgateway verify --help has examples`);
    return 2;
  } finally {
    release?.();
  }
}

function announcement({ load: { qps, durationMs, url } }: VerifyPlan): string {
  const count = Math.max(1, Math.round((qps * durationMs) / 1000));
  return `sending ${count} requests, ${qps}/s for ${durationMs / 1000} s, to ${showInvisible(url.host)}; Ctrl-C prints what there is`;
}

function ownTerminal(): VerifyTerminal {
  const { stdout, stderr } = process;
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  return {
    out: (text) => void stdout.write(text),
    note: (sentence) => void stderr.write(`badgateway: ${sentence}\n`),
    signal: stop.signal,
    release: () => void process.off('SIGINT', end).off('SIGTERM', end),
  };
}
