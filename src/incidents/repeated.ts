import { gatewayKey } from './incident-key.ts';
import type { IncidentRecord } from './incident-record.ts';
import { duration } from './incident-words.ts';

/** So many of the same are no accident. */
const OFTEN = 3;
const FOR_GOOD =
  'let the gateway follow its endpoints (a controller; in nginx `resolver` with `resolve` or a variable), or, where it keeps names from its start, give the pods stable ones: a StatefulSet behind a headless Service.';

/** When incidents of a gateway and a Service began whose root cause is an address that the Service does not have any more. */
export type StaleTimes = ReadonlyMap<string, readonly number[]>;

export function staleTimes(records: readonly IncidentRecord[]): StaleTimes {
  const times = new Map<string, number[]>();
  for (const { cause, services, origin } of records) {
    if (cause !== 'stale_endpoint') continue;
    for (const service of services) {
      const key = keyOf(origin, service);
      times.set(key, [...(times.get(key) ?? []), origin.startedMs]);
    }
  }
  return times;
}

/** What to change for good where a Service has gone stale again and again, as far as incidents are remembered; '' where it has not. */
export function adviceOf({ cause, services, origin }: IncidentRecord, times: StaleTimes): string {
  if (cause !== 'stale_endpoint') return '';
  const until = [...services].map((service) => {
    const began = times.get(keyOf(origin, service)) ?? [];
    return { service, began: began.filter((ms) => ms <= origin.startedMs) };
  });
  const [worst] = until.sort((a, b) => b.began.length - a.began.length);
  if (worst === undefined || worst.began.length < OFTEN) return '';
  const span = duration(origin.startedMs - Math.min(...worst.began));
  return `${worst.service} has gone stale ${worst.began.length} times in ${span}: ${FOR_GOOD}`;
}

function keyOf(origin: IncidentRecord['origin'], service: string): string {
  return `${gatewayKey(origin)}\xff${service}`;
}
