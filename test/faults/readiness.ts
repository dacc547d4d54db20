import { setTimeout as delay } from 'node:timers/promises';
import { labelOf, type Samples, sum } from '../support/badgateway.ts';

const READERS = ['netstat', 'conntrack', 'listeners', 'cgroups'];
/** What is said of a backend once its namespace is looked at. */
const FAMILIES = ['badgateway_listen_overflows_total', 'badgateway_conntrack_drops_total'];

/** Collectors that have not looked at the node yet; '' when all have. */
export function unreadOf(samples: Samples): string {
  const family = 'badgateway_collector_last_success_timestamp_seconds';
  return READERS.filter((name) => sum(samples, family, `collector="${name}"`) === 0).join(', ');
}

/** The same where no upstream can be mapped, but the API is asked: its slices are known. */
export function unlistedOf(samples: Samples): string {
  const family = 'badgateway_watch_last_activity_timestamp_seconds';
  return unreadOf(samples) || (sum(samples, family, 'resource="endpointslices"') === 0 ? 'the slices' : '');
}

/**
 * What the program does not know yet of its world; '' when it knows all. Gateways of faults that are staged at the same time are of no
 * interest.
 * @param backends names of pods
 */
export function missingOf(samples: Samples, upstream: string, backends: ReadonlySet<string>): string {
  const unread = unreadOf(samples);
  if (unread !== '') return unread;
  const states = [...samples]
    .filter(([name, value]) => name.startsWith('badgateway_upstream_endpoints{') && value > 0)
    .filter(([name]) => labelOf(name, 'upstream') === upstream)
    .map(([name]) => labelOf(name, 'state'));
  if (states.length === 0 || states.includes('unknown')) return `endpoints: ${states.join(', ') || 'none'}`;
  const isSeen = (family: string, pod: string) =>
    [...samples.keys()].some((name) => name.startsWith(`${family}{`) && labelOf(name, 'pod') === pod);
  return [...backends]
    .flatMap((pod) => FAMILIES.filter((one) => !isSeen(one, pod)).map((one) => `${one} of ${pod}`))
    .join(', ');
}

export async function untilWithin(ms: number, holds: () => Promise<boolean>, what: () => string): Promise<void> {
  for (const endMs = Date.now() + ms; ; await delay(200)) {
    if (await holds().catch(() => false)) return;
    if (Date.now() > endMs) throw new Error(`waited in vain until ${what()}`);
  }
}
