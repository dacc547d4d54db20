import * as z from 'zod';
import { foreignCounter, gauge, SUBJECT_LABELS, type Subject } from '../contract/metrics.ts';
import { durationMs, unitSchema } from '../contract/schema.ts';
import { defineCollector, type Outcome, type Target } from '../contract/unit.ts';
import { parseStubStatus, type StubStatus } from '../parse/stub-status.ts';
import { get, HttpGetError } from '../sources/http-get.ts';
import { checkPlaces, formatPlace, type HttpPlace, httpPlace } from './http-place.ts';

/** The page is 110 bytes and seven numbers; anything much longer is another page. */
const MAX_PAGE_BYTES = 4096;

const label = z.string().max(253).default('');
const target = z.strictObject({
  url: httpPlace.describe(
    'Where stub_status answers: http://127.0.0.1:8080/nginx_status or unix:/run/nginx-status.sock:/nginx_status',
  ),
  gateway: z.string().min(1).max(253).default('nginx').describe('Name of the gateway, a label on its series'),
  namespace: label.describe('Namespace of the pod that nginx runs in, if any'),
  pod: label.describe('Pod that nginx runs in, if any'),
  container: label.describe('Container that nginx runs in, if any'),
});

const schema = unitSchema(
  { enabled: true, interval: '5s' },
  {
    targets: z.array(target).max(64).default([]).describe('stub_status pages to read'),
    timeout: durationMs(50, 10_000).prefault('2s').describe('Longest wait for one answer'),
    allow_remote: z.boolean().default(false).describe('Allow targets that are not loopback or a unix socket'),
  },
).superRefine(checkPlaces);

type TargetConfig = z.output<typeof target>;

/** Requests and connections of nginx from `stub_status`: without codes, but of every open source nginx. */
export const nginxStatus = defineCollector({
  name: 'nginx_status',
  summary: "nginx' requests and client connections from stub_status",
  schema,
  metrics: {
    up: gauge('badgateway_nginx_up', '1 when stub_status answered the last poll, 0 when it did not.', SUBJECT_LABELS),
    requests: foreignCounter('badgateway_nginx_requests_total', 'Client requests, of any code.', SUBJECT_LABELS),
    accepted: foreignCounter(
      'badgateway_nginx_connections_accepted_total',
      'Client connections accepted.',
      SUBJECT_LABELS,
    ),
    handled: foreignCounter(
      'badgateway_nginx_connections_handled_total',
      'Client connections handled; accepted and not handled were closed at a limit such as worker_connections.',
      SUBJECT_LABELS,
    ),
    connections: gauge(
      'badgateway_nginx_connections',
      'Client connections now: active, of them reading, writing and waiting. Upstream connections are not among them.',
      [...SUBJECT_LABELS, 'state'],
    ),
  },
  create({ targets, timeout }, { metrics }) {
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
  },
});

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
