import { CountedOnce } from '../../src/causes/counted-once.ts';
import type { FailureSource, Observation } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { ProxyKind, Symptom } from '../../src/contract/names.ts';

export const EDGE = { namespace: '', pod: '', container: '', gateway: 'edge' };

/** One gateway with these sources. */
export function setUp(proxy: ProxyKind, sources: readonly FailureSource[], mostWaiting = 100) {
  let nowMs = 1_000_000;
  const passed: Observation[] = [];
  let hurried = 0;
  const awaited: Symptom[] = [];
  const options = {
    ...{ clock: { now: () => nowMs }, isLogFollowed: () => sources.includes('access_log'), mostWaiting },
    refusalStatuses: (): readonly number[] | null => null,
    mayLogSubrequests: () => false,
    pass: (one: Observation) => void passed.push(one),
    onHurried: (count: number) => {
      hurried += count;
    },
    onWait: ({ symptom }: Observation) => void awaited.push(symptom),
  };
  const once = new CountedOnce(options);
  for (const source of sources) if (source !== 'access_log') once.present(proxy, EDGE, source);
  const fail = (source: FailureSource, symptom: Symptom, count = 1, parts: Partial<Observation> = {}) => {
    const peer = { scheme: 'http', address: '10.0.0.1', port: 8080 };
    const common = { proxy, subject: EDGE, peer, upstream: { ...UNKNOWN_UPSTREAM, upstream: 'cart' } };
    once.observe({ ...common, symptom, count, source, failure: true, sinceMs: nowMs - 1, atMs: nowMs, ...parts });
  };
  const step = (ms: number) => {
    nowMs += ms;
    once.tick(nowMs);
  };
  const totals = () => {
    const sums: Record<string, number> = {};
    for (const { symptom, count } of passed) sums[symptom] = (sums[symptom] ?? 0) + count;
    return sums;
  };
  return { once, fail, step, totals, options, passed, awaited, hurried: () => hurried };
}
