import type { Subject } from '../contract/metrics.ts';
import { gatewayKey, subjectKey } from './incident-key.ts';
import type { RequestsOf } from './incident-record.ts';

/** Older readings are thinned out when there are more. */
const MOST_READINGS = 720;
const AGE_PARTS = 64;
const SHORTEST_STEP_MS = 5_000;
const MOST_GATEWAYS = 500;
/** The first reading may be so much later than the incident. */
const MISSING_MS = 30_000;

interface Reading {
  readonly atMs: number;
  total: number;
}

interface Gateway {
  /** What was read last of each replica; its counter begins at 0 again when it is restarted. */
  readonly last: Map<string, number>;
  /** Requests since the first reading. */
  total: number;
  readings: Reading[];
}

/** Remembers how many requests gateways have answered, for the share of those that failed. */
export class RequestTotals {
  readonly #gateways = new Map<string, Gateway>();

  /** The replica's counter as it is now. */
  seen(subject: Subject, count: number, atMs: number): void {
    const key = gatewayKey(subject);
    const gateway = this.#gateways.get(key) ?? { last: new Map<string, number>(), total: 0, readings: [] };
    if (!this.#gateways.has(key)) {
      if (this.#gateways.size >= MOST_GATEWAYS) return;
      this.#gateways.set(key, gateway);
    }
    const replica = subjectKey(subject);
    const before = gateway.last.get(replica);
    // What a new replica answered before anybody looked belongs to no span.
    if (before !== undefined) gateway.total += count >= before ? count - before : count;
    gateway.last.set(replica, count);
    const latest = gateway.readings.at(-1);
    if (latest === undefined || atMs - latest.atMs >= SHORTEST_STEP_MS) {
      gateway.readings.push({ atMs, total: gateway.total });
    } else if (latest.atMs === atMs) latest.total = gateway.total;
    if (gateway.readings.length > MOST_READINGS) gateway.readings = thinned(gateway.readings);
  }

  /** Requests of all replicas since then; null: nobody has looked for so long. */
  readonly since: RequestsOf = (namespace, gateway, sinceMs) => {
    const known = this.#gateways.get(gatewayKey({ namespace, gateway }));
    const [first] = known?.readings ?? [];
    if (known === undefined || first === undefined || first.atMs > sinceMs + MISSING_MS) return null;
    const start = known.readings.findLast(({ atMs }) => atMs <= sinceMs) ?? first;
    return known.total - start.total;
  };
}

/** The first reading stays; of the others those that are needed to find a moment within a 64th of its age. */
function thinned(readings: readonly Reading[]): Reading[] {
  const latestMs = readings.at(-1)?.atMs ?? 0;
  let keptMs = Number.POSITIVE_INFINITY;
  return readings
    .toReversed()
    .filter(({ atMs }, index) => {
      if (keptMs - atMs < (latestMs - atMs) / AGE_PARTS && index < readings.length - 1) return false;
      keptMs = atMs;
      return true;
    })
    .reverse();
}
