import type { Subject } from '../contract/metrics.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { get, HttpGetError } from '../sources/http-get.ts';
import type { HealthProbeConfig, HealthProbeMetrics } from './health-probe.ts';
import { formatPlace } from './http-place.ts';

/** Nobody looks at the body; a longer one is an answer, too. */
const MAX_BODY_BYTES = 65_536;

type TargetConfig = HealthProbeConfig['targets'][number];

interface Answer {
  readonly subject: Subject;
  readonly seconds: number;
  /** 0: there was no answer. */
  readonly status: number;
  readonly detail: string;
  readonly isDenied: boolean;
}

export function createHealthProbe(
  { targets, timeout }: HealthProbeConfig,
  { metrics }: CollectorContext<HealthProbeMetrics>,
): Collector {
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
}

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
