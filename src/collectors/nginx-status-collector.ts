import type { Subject } from '../contract/metrics.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { parseStubStatus, type StubStatus } from '../parse/stub-status.ts';
import { get, HttpGetError } from '../sources/http-get.ts';
import { formatPlace, type HttpPlace } from './http-place.ts';
import type { NginxStatusConfig, NginxStatusMetrics } from './nginx-status.ts';

/** The page is 110 bytes and seven numbers; anything much longer is another page. */
const MAX_PAGE_BYTES = 4096;

type TargetConfig = NginxStatusConfig['targets'][number];

export function createNginxStatus(
  { targets, timeout }: NginxStatusConfig,
  { metrics }: CollectorContext<NginxStatusMetrics>,
): Collector {
  let last: readonly Target[] = [];

  async function readTarget({ url, ...subject }: TargetConfig, signal: AbortSignal) {
    try {
      return { subject, status: await fetchStatus(url, timeout, signal) };
    } catch (error) {
      return { subject, error: error as Error };
    }
  }

  function publish(subject: Subject, status: StubStatus): void {
    metrics.requests.set(subject, status.requests);
    metrics.accepted.set(subject, status.accepted);
    metrics.handled.set(subject, status.handled);
    for (const state of ['active', 'reading', 'writing', 'waiting'] as const) {
      metrics.connections.set({ ...subject, state }, status[state]);
    }
  }

  return {
    async poll(signal): Promise<Outcome> {
      if (targets.length === 0) {
        return { state: 'absent', detail: 'no target configured; add collectors.nginx_status.targets' };
      }
      const results = await Promise.all(targets.map((one) => readTarget(one, signal)));

      for (const family of Object.values(metrics)) family.reset();
      for (const { subject, status } of results) {
        metrics.up.set(subject, status === undefined ? 0 : 1);
        if (status !== undefined) publish(subject, status);
      }
      last = results.map(({ error }, at) => ({ name: formatPlace(targets[at].url), ...describe(error) }));
      return summarize(last);
    },
    targets: () => last,
  };
}

async function fetchStatus({ base, path }: HttpPlace, timeoutMs: number, signal: AbortSignal): Promise<StubStatus> {
  const chunks: Buffer[] = [];
  await get({ base, path, timeoutMs, maxBytes: MAX_PAGE_BYTES, signal }, (chunk) => chunks.push(chunk));
  return parseStubStatus(Buffer.concat(chunks).toString('latin1'));
}

function describe(error: Error | undefined): Omit<Target, 'name'> {
  if (error === undefined) return { state: 'ok', detail: 'answers' };
  const denied = error instanceof HttpGetError && error.reason === 'not_permitted';
  return { state: denied ? 'not_permitted' : 'failed', detail: error.message };
}

/** That nginx does not answer is a finding (up 0), not a failure of this collector. */
function summarize(targets: readonly Target[]): Outcome {
  const silent = targets.filter(({ state }) => state !== 'ok');
  const detail = [`${targets.length - silent.length} of ${targets.length} targets answer`];
  if (silent.length > 0) detail.push(silent[0].detail);
  const denied = targets.every(({ state }) => state === 'not_permitted');
  return { state: denied ? 'not_permitted' : 'ok', detail: detail.join('; ') };
}
