import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { type SectionResult, store, table, writeDocs } from './report.ts';
import { accesslog } from './sections/accesslog.ts';
import { burst } from './sections/burst.ts';
import { engine } from './sections/engine.ts';
import { envoy } from './sections/envoy.ts';
import { cri, errorlog } from './sections/errorlog.ts';
import { kubernetes } from './sections/kubernetes.ts';
import { memory } from './sections/memory.ts';
import { node } from './sections/node.ts';
import { scrape } from './sections/scrape.ts';
import { idle, rate } from './sections/steady.ts';

const USAGE = `node test/bench/run.ts [options] [SECTION...]

Sections: errorlog cri accesslog burst rate5000 rate50 idle scrape memory envoy kubernetes node engine (all when none is given)
  --lines N       corpus size of errorlog, cri and accesslog (2000000)
  --rounds N      interleaved rounds of errorlog, cri, accesslog and rate50 (3)
  --secs N        seconds of each CPU window of rate5000, rate50 and idle (15)
  --peers-only    errorlog without badgateway
  --write-docs    put the last result of every section into docs/performance.md
  --report        run nothing
Ends with 1 when a goal is not met, with 2 when a section could not run or an answer was wrong.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lines: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '3' },
    secs: { type: 'string', default: '15' },
    'peers-only': { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const batch = { lines: Number(values.lines), rounds: Number(values.rounds), peersOnly: values['peers-only'] };
const secs = Number(values.secs);

const SECTIONS: Readonly<Record<string, () => SectionResult | Promise<SectionResult>>> = {
  errorlog: () => errorlog(batch),
  cri: () => cri(batch),
  accesslog: () => accesslog(batch),
  burst,
  rate5000: () => rate('rate5000', { perSecond: 5000, secs, goal: 0.4, settleSecs: 0, rounds: 1 }),
  rate50: () => rate('rate50', { perSecond: 50, secs, goal: 1.5, settleSecs: 60, rounds: batch.rounds }),
  idle: () => idle(secs),
  scrape,
  memory,
  envoy,
  kubernetes,
  node,
  engine,
};

function missingPrograms(): string[] {
  return ['mtail', 'mawk', 'grep', 'python3'].filter((name) => spawnSync('which', [name]).status !== 0);
}

async function runSections(names: readonly string[]): Promise<number> {
  let exitCode = 0;
  for (const name of names) {
    try {
      console.error(`== ${name}`);
      const result = await SECTIONS[name]();
      store(result);
      console.log(table([result]));
      if (exitCode === 0 && result.rows.some(({ met }) => met === false)) exitCode = 1;
    } catch (error) {
      console.error(`${name} FAILED: ${error instanceof Error ? error.message : error}`);
      if (error instanceof Error && error.cause !== undefined) console.error(error.cause);
      exitCode = 2;
    }
  }
  return exitCode;
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const unknown = positionals.filter((name) => !(name in SECTIONS));
  const missing = missingPrograms();
  if (unknown.length > 0) throw new Error(`unknown section ${unknown.join(', ')}\n${USAGE}`);
  if (missing.length > 0 && !values.report) throw new Error(`not installed: ${missing.join(', ')} (apt-get install)`);
  const names = positionals.length > 0 ? positionals : Object.keys(SECTIONS);
  const exitCode = values.report ? 0 : await runSections(names);
  if (values['write-docs']) writeDocs(Object.keys(SECTIONS));
  return exitCode;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
