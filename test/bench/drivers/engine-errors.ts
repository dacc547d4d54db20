import { getHeapStatistics } from 'node:v8';
import { CountedOnce } from '../../../src/causes/counted-once.ts';
import { CauseEngine } from '../../../src/causes/engine.ts';
import { TICK_MS } from '../../../src/causes/engine-options.ts';
import type { CauseRule } from '../../../src/causes/rule.ts';
import { CAUSE_RULES } from '../../../src/causes/rules/index.ts';
import type { Observation } from '../../../src/contract/failure.ts';
import { IncidentBook } from '../../../src/incidents/incident-book.ts';
import { FAILURE_METRICS, FailureAccounts } from '../../../src/metrics/failures.ts';
import { INCIDENT_METRICS, IncidentSeries } from '../../../src/metrics/incidents.ts';
import { MetricRegistry } from '../../../src/metrics/registry.ts';
import { beEfficient } from '../../../src/sources/efficiency-mode.ts';
import { growReluctantly } from '../../../src/sources/kubernetes/frugal-heap.ts';
import { VerdictRate } from '../../../src/verdict-rate.ts';
import { ErrorLog, Lines } from './engine-lines.ts';
import { errorAt, GATEWAY, knownWorld, saidAt } from './engine-world.ts';

/**
 * node --expose-gc --max-semi-space-size=1 --max-opt=1 engine-errors.mjs ERRORS PER_SECOND lines|each|efficient: so many errors through all that the program puts
 * them through (`Judging`): the facts that hear of them, the engine with the real rules and facts, the series and the incidents; on a
 * clock that the driver moves. `lines`: from the lines of an error log, looked at once a second. `each`: every one an observation of its
 * own, as they come of no source. `efficient`: as `lines`, but V8 stays in its efficiency mode, as it does while less is said. Prints one JSON line.
 */
// As `serve` does it, with a cluster that is watched and whose lists have been taken over.
beEfficient();
growReluctantly();
const [errors, perSecond] = process.argv.slice(2, 4).map(Number);
const isOfLines = process.argv[4] !== 'each';
const isStormy = process.argv[4] !== 'efficient';
const rate = new VerdictRate();
const FIRST = errors / 10;
const PERIOD_MS = 1000;
/** Of each cost so many samples: one in so many is kept. */
const KEPT_SAMPLES = 1_000_000;
const WEIGHED_ONE_IN = 97;
/** A block of so many lines, as the reader gets them. */
const BLOCK_LINES = 500;
/** Of asking itself. */
const WEIGHING_BYTES = weightOfAsking();

const time = { now: 1.8e12 };
const clock = { now: () => time.now };
const world = knownWorld(clock, (proxy, subject, beforeMs) => engine.hasPending(proxy, subject, beforeMs));
const registry = new MetricRegistry(clock);
const accounts = new FailureAccounts(registry.writers(FAILURE_METRICS));
const series = new IncidentSeries(registry.writers(INCIDENT_METRICS));
const incidents = new IncidentBook({
  ...{ clock, requestsOf: () => null },
  onOpened: (incident) => series.opened(incident),
  onDropped: () => series.dropped(),
});

let said = 0;
let allocated = 0;
let weighed = 0;
let counted = 0;
let hurried = 0;
let slowestTickMs = 0;
/** When the rules were first asked about `asked`: a verdict's cost begins there, and waiting is none of it. */
let markMs = 0;
let asked: Observation | undefined;
let samples = 0;
/** Where the samples of this second of the clock began, and the 99th percentile of each second. */
let secondBegan = 0;
const secondP99Ms: number[] = [];
const byCause = new Map<string, number>();
const costs = new Float64Array(KEPT_SAMPLES + 1);
const keepOneIn = Math.ceil(errors / KEPT_SAMPLES);

const engine: CauseEngine = new CauseEngine({
  ...{ rules: CAUSE_RULES.map(marked), facts: world.facts, clock, monotonic: () => time.now },
  onVerdict: (verdict) => {
    accounts.count(verdict);
    world.judged(verdict);
    incidents.verdict(verdict);
    if (isStormy) rate.said(verdict.decidedMs);
    said++;
    counted += verdict.count;
    byCause.set(verdict.cause, (byCause.get(verdict.cause) ?? 0) + verdict.count);
    const nowMs = performance.now();
    if (said % keepOneIn === 0) costs[samples++] = nowMs - markMs;
  },
  onWait: () => {},
  onHurried: () => hurried++,
  onRuleError: (cause, error) => {
    throw new Error(`the rule of ${cause} failed`, { cause: error });
  },
});

const once = new CountedOnce({
  ...{
    clock,
    isLogFollowed: () => false,
    refusalStatuses: () => null,
    mayLogSubrequests: () => false,
    onHurried: () => hurried++,
  },
  pass: (observation) => {
    world.heard(observation);
    accounts.observe(observation);
    engine.observe(observation);
  },
});

function marked(rule: CauseRule): CauseRule {
  return {
    ...rule,
    judge(of, facts) {
      if (of !== asked) mark(of);
      return rule.judge(of, facts);
    },
  };
}

/** As often as it wants to go on. */
function tickAll(): void {
  for (let isMore = true; isMore; ) {
    const startedMs = performance.now();
    asked = undefined;
    once.tick(time.now);
    isMore = engine.tick(time.now);
    slowestTickMs = Math.max(slowestTickMs, performance.now() - startedMs);
  }
}

function mark(of: Observation | undefined): void {
  asked = of;
  markMs = performance.now();
}

/** A neighbour that takes the processor away makes some seconds bad, what we do ourselves all. */
function endSecond(): void {
  const its = costs.slice(secondBegan, samples).sort();
  if (its.length > 0) secondP99Ms.push(its[Math.floor(its.length * 0.99)]);
  secondBegan = samples;
}

function weightOfAsking(): number {
  const bytes = Array.from(
    { length: 100 },
    () => -getHeapStatistics().used_heap_size + getHeapStatistics().used_heap_size,
  );
  return bytes.sort((one, other) => one - other)[50];
}

function heapMb(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function microsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** What a verdict that is said at once allocates; samples with a collection in them are none. */
function weigh(observation: Observation): void {
  const [saidBefore, before] = [said, getHeapStatistics().used_heap_size];
  observe(observation);
  const bytes = getHeapStatistics().used_heap_size - before - WEIGHING_BYTES;
  if (said === saidBefore || bytes < 0) return;
  allocated += bytes;
  weighed++;
}

function observe(observation: Observation): void {
  mark(observation);
  once.observe(observation);
}

function failureAt(number: number): Observation {
  return errorAt(number, perSecond, time.now - PERIOD_MS, time.now);
}

function readLines(first: number, end: number): void {
  for (let from = first; from < end; from += BLOCK_LINES) {
    const writingCpu = process.cpuUsage();
    for (let number = from; number < Math.min(end, from + BLOCK_LINES); number++) lines.write(saidAt(number));
    const block = lines.take();
    worldMicros += microsSince(writingCpu);
    log.read(block);
  }
  log.flush(time.now - PERIOD_MS, time.now, take);
}

function take(observation: Observation): void {
  if (++taken % WEIGHED_ONE_IN === 0) weigh(observation);
  else observe(observation);
}

const log = new ErrorLog(GATEWAY);
const lines = new Lines(BLOCK_LINES * 400);
let taken = 0;
let heapFirst = 0;
/** What moves the world is not the engine's. */
let worldMicros = 0;
const startedCpu = process.cpuUsage();
for (let done = 0; done < errors; ) {
  for (let tick = 0; tick < PERIOD_MS / TICK_MS; tick++) {
    time.now += TICK_MS;
    tickAll();
  }
  const lookedCpu = process.cpuUsage();
  world.look(time.now);
  worldMicros += microsSince(lookedCpu);
  world.beat(time.now);
  incidents.look();
  const first = done;
  done = Math.min(errors, done + perSecond);
  if (isOfLines) readLines(first, done);
  else for (let number = first; number < done; number++) take(failureAt(number));
  endSecond();
  if (heapFirst === 0 && done >= FIRST) heapFirst = heapMb();
}
const cpuSeconds = (microsSince(startedCpu) - worldMicros) / 1e6;
const heapLast = heapMb();
engine.settle();
if (counted !== errors) throw new Error(`${counted} of ${errors} errors are counted`);
const quantileUs = (sorted: Float64Array, share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0) * 1000;
const all = costs.subarray(0, samples).sort();
const seconds = Float64Array.from(secondP99Ms).sort();
console.log(
  JSON.stringify({
    ...{
      errors,
      perSecond,
      observed: taken,
      said,
      hurried,
      heapFirst,
      heapLast,
      slowestTickMs,
      byCause: Object.fromEntries(byCause),
    },
    ...{ p50Us: quantileUs(all, 0.5), p99Us: quantileUs(all, 0.99), p999Us: quantileUs(all, 0.999) },
    ...{ p90Us: quantileUs(all, 0.9), p95Us: quantileUs(all, 0.95), p98Us: quantileUs(all, 0.98) },
    ...{ secondP99Us: quantileUs(seconds, 0.5), calmP99Us: quantileUs(seconds, 0.1), cpuSeconds },
    bytesPerVerdict: Math.round(allocated / weighed),
  }),
);
