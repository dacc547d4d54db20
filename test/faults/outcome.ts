import { setTimeout as delay } from 'node:timers/promises';
import { GENERAL_CAUSES, generalCause } from '../../src/causes/general.ts';
import type { Cause, Symptom } from '../../src/contract/names.ts';
import type { IncidentsReport } from '../../src/http/views.ts';
import { labelOf, moved, type Samples } from '../support/badgateway.ts';
import { type Fault, labelsOf, type Provoked } from './fault.ts';
import type { Scene } from './scene.ts';

/** The goal, from the last failing request to the last counted verdict. */
const VERDICT_MS = 10_000;
/** Then nobody waits any more for a verdict. */
const GIVE_UP_MS = 15_000;
/** A count beyond what was provoked would show by then, or waits for its verdict. */
const SETTLE_MS = 1_200;
/** A verdict waits no longer: what the other log may tell (5 s), and then what facts may come (5 s). */
const LONGEST_WAIT_MS = 11_000;
/** The same where nothing should be counted, or where the statistics and the log tell of it: the one waits for the other for 15 s. */
const SETTLE_LONG_MS = { stats: 9_000, log: 23_000 };
const LOOK_MS = 250;
const OF_ENDPOINTS: readonly Cause[] = [
  ...(['stale_endpoint', 'foreign_endpoint', 'terminating_endpoint', 'not_ready_endpoint'] as const),
];

export type Counts = Readonly<Record<string, number>>;

/** What the program made of one fault. */
export interface Outcome {
  readonly fault: Fault;
  readonly provoked: Provoked | null;
  /** Failures by cause, and what they should have been. */
  readonly said: Counts;
  readonly staged: Counts;
  readonly symptoms: Counts;
  /** From the last failing request to all verdicts; null: never. */
  readonly verdictMs: number | null;
  /** What is not as it should be; none: exact. */
  readonly problems: readonly string[];
  /** A precise cause that was not staged, the worst that can be said. */
  readonly isWrong: boolean;
  /** What it said why: evidence of the incidents. */
  readonly evidence: readonly string[];
  readonly tookMs: number;
}

/** Stages the fault and compares what /metrics says afterwards with what was done. */
export async function play(fault: Fault, scene: Scene): Promise<Outcome> {
  const beganMs = Date.now();
  const provoked = await fault.stage(scene);
  const settleMs = scene.isEnvoyLogged
    ? SETTLE_LONG_MS.log
    : provoked.failures === 0
      ? SETTLE_LONG_MS.stats
      : SETTLE_MS;
  const { samples, verdictMs } = await verdicts(scene, provoked, settleMs);
  const said = moved(scene.baseline, samples, 'badgateway_failures_total', 'cause');
  const symptoms = moved(scene.baseline, samples, 'badgateway_symptoms_total', 'symptom');
  const staged = stagedCounts(fault, provoked.failures);
  const isBlind = scene.without.includes('kubernetes');
  const isRight = (cause: string) => cause in fault.expected || (isBlind && isSeenOfEndpoint(fault, cause));
  const isWrong = Object.keys(said).some((cause) => !isRight(cause) && !isGeneral(cause, symptoms));
  const problems =
    scene.without.length > 0
      ? wrongOfBlind(provoked, said, isWrong)
      : [
          ...wrongCounts(staged, said),
          ...wrongTotals(provoked, said),
          ...wrongSymptoms(fault, symptoms),
          ...wrongLabels(fault, scene.baseline, samples),
          ...wrongTime(verdictMs),
        ];
  const evidence = await evidenceOf(scene);
  return {
    ...{ fault, provoked, said, staged, symptoms, verdictMs, problems, isWrong, evidence },
    tookMs: Date.now() - beganMs,
  };
}

/** What the program could not even be asked about. */
export function broken(fault: Fault, error: Error, tookMs: number): Outcome {
  const problems = [`not staged: ${error.message.split('\n')[0]}`];
  return {
    ...{ fault, provoked: null, said: {}, staged: {}, symptoms: {}, verdictMs: null },
    ...{ problems, isWrong: false, evidence: [], tookMs },
  };
}

async function verdicts(scene: Scene, { failures, lastMs }: Provoked, settleMs: number) {
  let verdictMs: number | null = null;
  for (;;) {
    const samples = await scene.program.scrape();
    const nowMs = Date.now();
    const count = total(moved(scene.baseline, samples, 'badgateway_failures_total', 'cause'));
    if (verdictMs === null && count >= failures) verdictMs = nowMs - lastMs;
    if (verdictMs === null && nowMs - lastMs < GIVE_UP_MS) {
      await delay(LOOK_MS);
      continue;
    }
    await delay(settleMs);
    return { samples: await settled(scene), verdictMs };
  }
}

/** When nothing waits for its verdict any more. */
async function settled(scene: Scene): Promise<Samples> {
  for (const untilMs = Date.now() + LONGEST_WAIT_MS; ; await delay(LOOK_MS)) {
    const samples = await scene.program.scrape();
    if (samples.get('badgateway_verdicts_pending') === 0 || Date.now() > untilMs) return samples;
  }
}

/** Who is not given all that tells of a fault may say less of it, in general words; never what it is not, and nothing twice. */
function wrongOfBlind({ failures }: Provoked, said: Counts, isWrong: boolean): string[] {
  const words = Object.entries(said).map(([cause, count]) => `${count} ${cause}`);
  return [
    ...(isWrong ? [`said ${words.join(', ')}`] : []),
    ...(total(said) > failures ? [`${total(said)} failures counted, ${failures} provoked`] : []),
  ];
}

function wrongTime(verdictMs: number | null): string[] {
  if (verdictMs !== null && verdictMs <= VERDICT_MS) return [];
  return [`verdict after ${verdictMs ?? `more than ${GIVE_UP_MS}`} ms`];
}

const total = (counts: Counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Shares as whole failures: the largest remainders get what is left. */
function stagedCounts({ expected }: Fault, failures: number): Counts {
  const parts = Object.entries(expected).map(([cause, share]) => ({
    cause,
    whole: Math.floor(share * failures),
    rest: (share * failures) % 1,
  }));
  let left = failures - parts.reduce((sum, { whole }) => sum + whole, 0);
  const byRest = parts.toSorted((one, other) => other.rest - one.rest);
  return Object.fromEntries(byRest.map(({ cause, whole }) => [cause, whole + (left-- > 0 ? 1 : 0)]));
}

function wrongCounts(staged: Counts, said: Counts): string[] {
  const causes = [...new Set([...Object.keys(staged), ...Object.keys(said)])].sort();
  return causes
    .filter((cause) => (staged[cause] ?? 0) !== (said[cause] ?? 0))
    .map((cause) => `${cause}: ${said[cause] ?? 0} said, ${staged[cause] ?? 0} staged`);
}

function wrongTotals({ failures, byProxy }: Provoked, said: Counts): string[] {
  return [
    ...(total(said) === failures ? [] : [`${total(said)} failures counted, ${failures} provoked`]),
    ...(byProxy === null || byProxy === failures ? [] : [`${byProxy} by the proxy's own log, ${failures} provoked`]),
  ];
}

function wrongSymptoms({ symptoms: allowed }: Fault, symptoms: Counts): string[] {
  const strange = Object.keys(symptoms).filter((symptom) => !(allowed as readonly string[]).includes(symptom));
  return strange.map((symptom) => `symptom ${symptom}`);
}

function wrongLabels(fault: Fault, before: Samples, after: Samples): string[] {
  const wanted = Object.entries(labelsOf(fault));
  const wrong = new Set<string>();
  for (const [sample, value] of after) {
    if (!sample.startsWith('badgateway_failures_total{') || value === (before.get(sample) ?? 0)) continue;
    for (const [label, text] of wanted)
      if (labelOf(sample, label) !== text) wrong.add(`label ${label}="${labelOf(sample, label)}", not "${text}"`);
  }
  return [...wrong];
}

/** Nobody says what the address is to a Service; that nothing listens there is as true of it, and its sockets prove it. */
function isSeenOfEndpoint({ expected }: Fault, cause: string): boolean {
  return cause === 'not_listening' && OF_ENDPOINTS.some((one) => one in expected);
}

/** `unidentified`, or what one of the symptoms alone proves. */
function isGeneral(cause: string, symptoms: Counts): boolean {
  if (cause === 'unidentified') return true;
  return Object.keys(symptoms).some((name) => name in GENERAL_CAUSES && isGeneralOf(name as Symptom, cause as Cause));
}

const isGeneralOf = (symptom: Symptom, cause: Cause) => generalCause({ symptom, peer: null }) === cause;

async function evidenceOf(scene: Scene): Promise<string[]> {
  const { body } = await scene.program.get('/api/v1/incidents', { page: true, accept: 'application/json' });
  try {
    const { incidents } = JSON.parse(body) as IncidentsReport;
    const causes = incidents.flatMap((incident) => incident.causes).slice(0, 6);
    return causes.map(({ cause, symptoms, upstreams, count, evidence }) => {
      const said = symptoms.map(({ symptom }) => symptom).join(', ');
      return `${count} × ${cause} (${said} ${upstreams[0]?.peer ?? ''}): ${JSON.stringify(evidence)}`;
    });
  } catch {
    return [`no incidents in /api/v1/incidents: ${body.slice(0, 200)}`];
  }
}
