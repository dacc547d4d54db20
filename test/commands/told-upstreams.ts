import type { Insight } from '../../src/commands/diagnose-case.ts';
import { askUpstream } from '../../src/commands/diagnose-upstream.ts';
import type { Condition } from '../../src/contract/upstream.ts';
import type {
  AddressStatus,
  CollectorStatus,
  ListedState,
  StatusReport,
  UpstreamsReport,
} from '../../src/http/views.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import { emptyReport, emptyUpstreams } from '../support/http-doubles.ts';

export const AT = Date.parse('2026-11-21T03:00:00Z');
export const SUBJECT = { namespace: 'ingress', pod: 'edge-1', container: 'nginx', gateway: 'edge' };

export interface Told {
  readonly states?: readonly ListedState[];
  readonly why?: AddressStatus['why'];
  readonly conditions?: Readonly<Record<string, string | false>>;
  /** Of conditions that do not hold. */
  readonly quietEvidence?: string;
  readonly incidents?: readonly Incident[];
  readonly freshness?: 'fresh' | 'stale' | 'unwatched';
  readonly hasService?: boolean;
  readonly collectors?: readonly CollectorStatus[];
  readonly proxy?: 'nginx' | 'envoy';
  readonly insight?: Insight;
  readonly pods?: UpstreamsReport['pods'];
}

export const collector = (name: string, state: CollectorStatus['state'], detail = ''): CollectorStatus => {
  return { name, state, detail, lastSuccessAt: null, durationMs: 1, targets: [] };
};
export const WATCHING = ['nginx_error_log', 'envoy', 'kubernetes', 'listeners', 'cgroups', 'netstat', 'conntrack'].map(
  (name) => collector(name, 'ok'),
);
/** All that can be told of a gateway in a cluster. */
export const QUIET: Readonly<Record<string, false>> = {
  ...{ crash_looping: false, sidecar_down: false, oom_killed: false, listen_queue_overflow: false },
  ...{ syn_queue_full: false, conntrack_full: false, control_plane_down: false, config_not_loaded: false },
};

export function upstreamsOf({
  states = ['live', 'live'],
  why = '',
  conditions = QUIET,
  ...told
}: Told): UpstreamsReport {
  const { freshness = 'fresh', hasService = true, proxy = 'nginx', quietEvidence = '' } = told;
  const addresses = states.map((state, at): AddressStatus => {
    const owner = { pod: `shop/cart-${at + 1}`, isCurrent: state !== 'stale' };
    return { address: `10.0.0.${at + 1}:8080`, state, why, since: null, place: `shop.conf:${at + 1}`, owner };
  });
  const upstream = {
    ...{
      name: 'shop_cart_80',
      isStatic: false,
      driftSince: null,
      slicesChangedAt: null,
      counts: emptyUpstreams().counts,
      addresses,
    },
    service: hasService ? { namespace: 'shop', name: 'cart', port: '80' } : null,
    mapping: { method: 'name', reason: 'its name has no reading' },
  } as const;
  const view = { proxy, subject: SUBJECT, source: 'nginx_config', readAt: '', isOld: false } as const;
  const since = new Date(AT - 60_000).toISOString();
  return {
    ...emptyUpstreams(),
    gateways: [{ ...view, upstreams: [upstream] }],
    cluster: [{ resource: 'endpointslices', freshness, currentAt: null, objects: 1 }],
    pods: told.pods ?? [],
    conditions: Object.entries(conditions).map(([condition, evidence]) => {
      const isActive = evidence !== false;
      return {
        condition: condition as Condition,
        subject: SUBJECT,
        isActive,
        since,
        evidence: evidence || quietEvidence,
      };
    }),
  };
}

export function ask(told: Told = {}, asked = 'shop/cart') {
  const upstreams = upstreamsOf(told);
  const { incidents = [], collectors = WATCHING, insight } = told;
  const status: StatusReport = { ...emptyReport(), collectors };
  const looked = { status, upstreams, incidents: { at: '', incidents, total: 1, dropped: 0 } };
  const listening = () => ({ state: 'listening', others: [] }) as const;
  return askUpstream({ looked, asked, atMs: AT, sinceMs: AT - 900_000, insight: insight ?? { listening } });
}

export const outcomes = (told: Told, asked?: string) => ask(told, asked).steps.map(({ outcome }) => outcome);
export const checks = (told: Told, number: number) => ask(told).steps[number - 1].checks.map(({ text }) => text);

export const ALL_PASS = Array.from({ length: 7 }, () => 'pass');
