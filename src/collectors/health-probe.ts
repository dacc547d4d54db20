import * as z from 'zod';
import { gauge, SUBJECT_LABELS, type Subject } from '../contract/metrics.ts';
import { durationMs, unitSchema } from '../contract/schema.ts';
import { defineCollector, type Outcome, type Target } from '../contract/unit.ts';
import { get, HttpGetError } from '../sources/http-get.ts';
import { checkPlaces, formatPlace, httpPlace } from './http-place.ts';

/** Nobody looks at the body; a longer one is an answer, too. */
const MAX_BODY_BYTES = 65_536;

const label = z.string().max(253).default('');
const target = z.strictObject({
  url: httpPlace.describe(
    'What answers while the gateway is well: http://127.0.0.1:8080/health or unix:/run/health.sock:/health',
  ),
  gateway: z.string().min(1).max(253).describe('Name of the gateway, a label on its series'),
  namespace: label.describe('Namespace of the pod that it runs in, if any'),
  pod: label.describe('Pod that it runs in, if any'),
  container: label.describe('Container that it runs in, if any'),
});

const schema = unitSchema(
  { enabled: true, interval: '15s' },
  {
    targets: z.array(target).max(64).default([]).describe('Health pages to ask for'),
    timeout: durationMs(50, 10_000).prefault('3s').describe('Longest wait for one answer'),
    allow_remote: z.boolean().default(false).describe('Allow targets that are not loopback or a unix socket'),
  },
).superRefine(checkPlaces);

type TargetConfig = z.output<typeof target>;

interface Answer {
  readonly subject: Subject;
  readonly seconds: number;
  /** 0: there was no answer. */
  readonly status: number;
  readonly detail: string;
  readonly isDenied: boolean;
}

/** Asks gateways for their health page, as a kubelet's probe would: outside Kubernetes nobody else does. */
export const healthProbe = defineCollector({
  name: 'health_probe',
  summary: 'whether the health pages of gateways answer (off until targets are named)',
  schema,
  metrics: {
    success: gauge(
      'badgateway_health_probe_success',
      '1 when the last probe was answered with a status from 200 to 399, 0 when it was not.',
      SUBJECT_LABELS,
    ),
    duration: gauge(
      'badgateway_health_probe_duration_seconds',
      'How long the last probe took, to the end of the answer or of the wait for it.',
      SUBJECT_LABELS,
    ),
  },
  create({ targets, timeout }, { metrics }) {
    let last: readonly Target[] = [];
    return {
      async poll(signal): Promise<Outcome> {
        if (targets.length === 0)
          return { state: 'absent', detail: 'no target configured; add collectors.health_probe.targets' };
        const answers = await Promise.all(targets.map((one) => probe(one, timeout, signal)));
        for (const family of Object.values(metrics)) family.reset();
        for (const { subject, status, seconds, isDenied } of answers) {
          // Who may not connect does not know how the gateway is.
          if (isDenied) continue;
          metrics.success.set(subject, isWell(status) ? 1 : 0);
          metrics.duration.set(subject, seconds);
        }
        last = answers.map(({ status, detail, isDenied }, at) => ({
          name: formatPlace(targets[at].url),
          state: isDenied ? 'not_permitted' : isWell(status) ? 'ok' : 'failed',
          detail,
        }));
        return summarize(last);
      },
      targets: () => last,
    };
  },
});

async function probe({ url, ...subject }: TargetConfig, timeoutMs: number, signal: AbortSignal): Promise<Answer> {
  const startedMs = performance.now();
  const ended = (status: number, detail: string, isDenied = false) => {
    return { subject, seconds: (performance.now() - startedMs) / 1000, status, detail, isDenied };
  };
  try {
    await get({ ...url, timeoutMs, maxBytes: MAX_BODY_BYTES, signal }, () => {});
    return ended(200, 'status 200');
  } catch (error) {
    if (!(error instanceof HttpGetError)) throw error;
    if (error.reason === 'status') return ended(error.status, `status ${error.status}`);
    if (error.reason === 'too_large') return ended(200, 'status 200, a long answer');
    if (signal.aborted) throw error;
    return ended(0, error.message, error.reason === 'not_permitted');
  }
}

/** As a kubelet sees it. */
function isWell(status: number): boolean {
  return status >= 200 && status < 400;
}

/** That a gateway is not well is a finding (success 0), not a failure of this collector. */
function summarize(targets: readonly Target[]): Outcome {
  const unwell = targets.filter(({ state }) => state !== 'ok');
  const detail = [`${targets.length - unwell.length} of ${targets.length} targets are well`];
  if (unwell.length > 0) detail.push(unwell[0].detail);
  const denied = targets.every(({ state }) => state === 'not_permitted');
  return { state: denied ? 'not_permitted' : 'ok', detail: detail.join('; ') };
}
