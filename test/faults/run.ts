/**
 * `node test/faults/run.ts [--main FILE] [--parallel N] [--envoy-log FORMAT] [--without kubernetes|access-log] [--json FILE] [--write] [name...]`: stages the faults, all or those named, and prints
 * what badgateway made of them. `--envoy-log`: those of Envoy, which writes an access
 * log in this format (envoy, istio, istio-json). `--without`: those of nginx, where the program is not given this (twice: neither): it may
 * say less, and nothing wrong. `--write` puts the confusion matrix into docs/fault-matrix.md. Needs root, nginx and Envoy.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Fault, underLog } from './fault.ts';
import { FAULTS } from './index.ts';
import { matrixPage, summaryOf } from './matrix.ts';
import { broken, type Outcome, play } from './outcome.ts';
import { Scene } from './scene.ts';
import { ENVOY_LOGS, type SceneOptions, SIGHTS } from './scene-options.ts';

const PAGE = new URL('../../docs/fault-matrix.md', import.meta.url).pathname;

/** Of one fault, with what it takes to know the world first. */
const LONGEST_MS = 90_000;

/** Those that are staged now. */
const scenes = new Set<Scene>();

/** Nothing is left behind when somebody has had enough. */
async function stop(): Promise<void> {
  for (const scene of scenes) await scene.cleanup.run();
  process.exit(130);
}

async function stageOne(fault: Fault, options: SceneOptions): Promise<Outcome> {
  const beganMs = Date.now();
  const scene = await Scene.create(options);
  scenes.add(scene);
  const tooLong = delay(LONGEST_MS, null, { ref: false }).then(() =>
    Promise.reject(new Error(`not done in ${LONGEST_MS} ms`)),
  );
  const outcome = await Promise.race([play(fault, scene), tooLong]).catch((error: Error) =>
    broken(fault, error, Date.now() - beganMs),
  );
  const left = await scene.cleanup.run();
  scenes.delete(scene);
  return left.length === 0
    ? outcome
    : { ...outcome, problems: [...outcome.problems, ...left.map((what) => `left behind: ${what}`)] };
}

function report({ fault, problems, isWrong, verdictMs, tookMs, evidence, symptoms }: Outcome): void {
  const time = `${verdictMs === null ? 'never' : `${(verdictMs / 1000).toFixed(1)} s`}, ${(tookMs / 1000).toFixed(0)} s in all`;
  console.log(`${problems.length === 0 ? 'exact' : isWrong ? 'WRONG' : 'miss '} ${fault.name} (${time})`);
  for (const problem of problems) console.log(`      ${problem}`);
  if (problems.length === 0) return;
  console.log(`      symptoms ${JSON.stringify(symptoms)}`);
  for (const line of evidence) console.log(`      . ${line}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      main: { type: 'string' },
      parallel: { type: 'string', default: '3' },
      'envoy-log': { type: 'string' },
      without: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !FAULTS.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new Error(`no such fault: ${unknown.join(' ')}`);
  const envoyLog = ENVOY_LOGS.find((log) => log === values['envoy-log']);
  if (envoyLog === undefined && values['envoy-log'] !== undefined) throw new Error(`formats: ${ENVOY_LOGS.join(', ')}`);
  const without = SIGHTS.filter((sight) => values.without.includes(sight));
  if (without.length < values.without.length) throw new Error(`without: ${SIGHTS.join(', ')}`);
  const faults = FAULTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
    .filter(({ proxy }) => envoyLog === undefined || proxy === 'envoy')
    .filter(({ proxy }) => without.length === 0 || proxy === 'nginx')
    .map((fault) => underLog(fault, envoyLog));
  const outcomes: Outcome[] = [];
  let next = 0;
  const worker = async () => {
    while (next < faults.length) {
      const at = next++;
      const outcome = await stageOne(faults[at], { main: values.main, envoyLog, without });
      outcomes[at] = outcome;
      report(outcome);
    }
  };
  await Promise.all(Array.from({ length: Number(values.parallel) }, worker));
  console.log(summaryOf(outcomes));
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(outcomes, null, 1));
  if (values.write) writeFileSync(PAGE, matrixPage(outcomes));
  if (outcomes.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
await main();
