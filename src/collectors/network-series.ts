import * as z from 'zod';
import type { NodeNetwork, NodeView } from '../contract/node.ts';
import type { Outcome } from '../contract/unit.ts';
import { Slices } from '../sources/node/slices.ts';
import { networkOf } from '../sources/node-network.ts';
import { NotPermittedError, type Procfs } from '../sources/procfs.ts';

export const scopeOption = z
  .enum(['relevant', 'all'])
  .default('relevant')
  .describe(
    'Publish network namespaces of pods and containers: relevant those of gateways, of backends of known upstreams and those whose ' +
      'overflow or drop counters have grown, at most 200; all every one',
  );

/** Members that may be ended before one is read. */
const MOST_TRIES = 4;
/** A look may be as old as nearly one poll, so that each poll has one and collectors share it. */
const LOOK_AGE = 0.9;
/** Networks come and go slowly; one that is gone is noticed when it is read. */
const YOUNGEST_LOOK_MS = 14_000;

/** How old the look at the node may be for a unit that polls so often. */
export function lookAgeMs(interval: number): number {
  return Math.max(interval * LOOK_AGE, YOUNGEST_LOOK_MS);
}

export interface NetworkVisit {
  readonly network: NodeNetwork;
  /** Its series are to be published; others are only watched. */
  readonly isPublished: boolean;
  /**
   * The first of `names` and those that are there beside it, of the directory `net` of a living member. Undefined: there is no such file, no
   * member is left, or it may not be read.
   */
  read(...names: string[]): readonly (string | undefined)[] | undefined;
}

export interface NetworkVisitOptions {
  readonly node: NodeView;
  readonly interval: number;
  readonly scope: 'relevant' | 'all';
  readonly signal: AbortSignal;
}

/**
 * Visits the network namespaces of the node but its own and ours, which `visitNamespaces` shows; the event loop gets its turn in between. What
 * the harness is told: the outcome of those with what was published beside them.
 */
export async function visitNetworks(
  proc: Procfs,
  { node, interval, scope, signal }: NetworkVisitOptions,
  first: Outcome,
  visit: (visit: NetworkVisit) => boolean,
): Promise<Outcome> {
  const { networks } = await node.look(lookAgeMs(interval));
  const shown = shownAlready(proc);
  const slices = new Slices();
  let [published, relevant] = [0, 0];
  for (const network of networks) {
    if (network.kind === 'host' || network.kind === 'process' || shown.has(network.identity)) continue;
    if (slices.isOver()) await slices.next();
    signal.throwIfAborted();
    const isPublished = scope === 'all' || network.isRelevant;
    const read = (...names: string[]) => readMember(proc, network, names);
    const isThere = visit({ network, isPublished, read });
    if (isPublished) relevant++;
    if (isPublished && isThere) published++;
  }
  if (relevant === 0) return first;
  const detail = `${first.detail}; ${published} of ${relevant} relevant networks of pods and containers`;
  return published > 0 ? { state: 'ok', detail } : first;
}

/** Pid 1's and ours, whatever the look takes them for. */
function shownAlready(proc: Procfs): ReadonlySet<string | undefined> {
  return new Set((['self', 1] as const).map((pid) => unlessDenied(() => networkOf(proc, pid))));
}

function readMember(proc: Procfs, { identity, processes }: NodeNetwork, names: readonly string[]) {
  for (const { pid } of processes.slice(0, MOST_TRIES)) {
    const texts = unlessDenied(() => names.map((name) => proc.read(`${pid}/net/${name}`)));
    if (texts === undefined || texts[0] === undefined) continue;
    // Another process may have got the pid; then what was read is another network's.
    if (unlessDenied(() => networkOf(proc, pid)) === identity) return texts;
  }
  return undefined;
}

function unlessDenied<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotPermittedError) return undefined;
    throw error;
  }
}
