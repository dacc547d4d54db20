import type { Subject } from '../contract/metrics.ts';
import type { Clock } from '../contract/unit.ts';
import type { ConditionSink } from '../contract/upstream.ts';
import type { ControllerPresence } from './controller-presence.ts';
import type { TrackedUpstream } from './tracked-upstream.ts';

/** A controller that has just started reads the cluster and writes every gateway's configuration within seconds. */
const GRACE_MS = 60_000;

export interface ResyncOptions {
  readonly clock: Clock;
  readonly presence: ControllerPresence;
  readonly sink: ConditionSink;
  /** `namespace/name` */
  readonly controllers: () => readonly string[];
  /** When the addresses that the replica uses last changed, or were first seen, milliseconds since the epoch. */
  readonly changedMs: (subject: Subject) => number | undefined;
  /** The controller's start that the replica has got nothing since; null: it has, or that is not known. */
  readonly unsynced: (subject: Subject, startMs: number | null) => void;
}

interface Replica {
  readonly subject: Subject;
  /** Addresses that were gone before the controller started. */
  gone: number;
  /** The first of them, with its upstream. */
  first: string;
}

/**
 * Condition `not_resynced`: the controller has started, and a gateway still uses addresses that were gone by then, and nothing of what it
 * uses has changed since. It missed what happened while the controller was away.
 */
export class Resync {
  readonly #options: ResyncOptions;
  readonly #known = new Map<string, Subject>();

  constructor(options: ResyncOptions) {
    this.#options = options;
  }

  look(upstreams: readonly TrackedUpstream[]): void {
    const start = this.#options.presence.start();
    const replicas = gather(upstreams, start?.atMs ?? Number.NEGATIVE_INFINITY);
    for (const [key, subject] of this.#known) {
      if (replicas.has(key)) continue;
      this.#known.delete(key);
      this.#say(subject, null, '');
      this.#options.unsynced(subject, null);
    }
    for (const [key, replica] of replicas) {
      this.#known.set(key, replica.subject);
      this.#judge(replica);
    }
  }

  #judge({ subject, gone, first }: Replica): void {
    const { presence, clock, controllers, changedMs, unsynced } = this.#options;
    const start = presence.start();
    const lastMs = changedMs(subject);
    // Whoever was ready all along needs no resync; of whoever came before we looked it is not known when.
    if (start === null || lastMs === undefined) {
      this.#say(subject, null, '');
      unsynced(subject, null);
      return;
    }
    const isUnsynced = gone > 0 && lastMs < start.atMs && clock.now() - start.atMs >= GRACE_MS;
    const came = start.isNewPod ? 'started at' : 'came back at';
    const at = new Date(start.atMs).toISOString().slice(0, 19);
    const many =
      gone === 1 ? `${first}, which was gone by then, is` : `${first} and ${gone - 1} more, gone by then, are`;
    const evidence = `no resync since the controller ${controllers().join(', ')} ${came} ${at}Z: ${many} still in use`;
    this.#say(subject, isUnsynced, isUnsynced ? evidence : '');
    unsynced(subject, isUnsynced ? start.atMs : null);
  }

  #say(subject: Subject, isActive: boolean | null, evidence: string): void {
    this.#options.sink.condition({ condition: 'not_resynced', subject, isActive, evidence });
  }
}

/** Replicas of nginx whose list of servers is known. */
function gather(upstreams: readonly TrackedUpstream[], startMs: number): Map<string, Replica> {
  const replicas = new Map<string, Replica>();
  for (const { view, upstream, compared } of upstreams) {
    if (view.proxy !== 'nginx' || view.source === 'observed' || view.subject.pod === '') continue;
    const key = Object.values(view.subject).join('\xff');
    const replica = replicas.get(key) ?? { subject: view.subject, gone: 0, first: '' };
    replicas.set(key, replica);
    for (const { address, state, sinceMs } of compared.addresses) {
      if ((state !== 'stale' && state !== 'foreign') || sinceMs >= startMs) continue;
      replica.gone++;
      replica.first ||= `${address} of ${upstream.name}`;
    }
  }
  return replicas;
}
