import type { Change } from '../contract/evidence.ts';
import type { Subject, Writers } from '../contract/metrics.ts';
import type { Clock } from '../contract/unit.ts';
import type { Warning } from '../parse/warning-event.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import type { KUBERNETES_METRICS } from './kubernetes-metrics.ts';
import type { WatchSink } from './kubernetes-watches.ts';
import type { ServiceWorkloads } from './kubernetes-workloads.ts';

/** The same of one object is told so often at most; its count says how often it was. */
const TELL_EVERY_MS = 60_000;
const MOST_EVENTS = 10_000;
const MOST_TOLD = 2_000;
/** An Event that is older has been on its way for too long to be dated by its own clock. */
const OLDEST_MS = 3_600_000;

export interface WarningsOptions {
  readonly clock: Clock;
  readonly changed: (change: Change) => void;
  readonly workloads: ServiceWorkloads;
  readonly gateways: () => readonly Subject[];
  readonly metrics: Writers<typeof KUBERNETES_METRICS>;
}

interface Told {
  /** Of all Events with the same object and reason. */
  count: number;
  atMs: number;
}

/** Events of type Warning of pods behind proxied Services and of gateways: counted, and told as changes. */
export class Warnings implements WatchSink<Warning> {
  readonly #options: WarningsOptions;
  /** How often each Event had happened, by its key, the latest last. */
  readonly #counts = new Map<string, number>();
  /** By object and reason, the latest last. */
  readonly #told = new Map<string, Told>();

  constructor(options: WarningsOptions) {
    this.#options = options;
  }

  /** What had happened before we began is not told, and not counted. */
  set(warning: Warning, isNews: boolean): void {
    const { key, count } = warning;
    const before = this.#counts.get(key);
    this.#counts.delete(key);
    this.#counts.set(key, count);
    dropOldest(this.#counts, MOST_EVENTS);
    // The object may be written anew without having happened again; it may also begin at 1 again.
    const more = before === undefined ? count : count > before ? count - before : 0;
    if (!isNews || more === 0) return;
    const subject = this.#gatewayOf(warning);
    const services = this.#servicesOf(warning);
    if (subject === null && services.length === 0) return;
    const { namespace, reason } = warning;
    this.#options.metrics.warnings.inc({ namespace, reason }, more);
    if (reason !== 'other') this.#tell(warning, more, { subject, services });
  }

  delete(key: string): void {
    this.#counts.delete(key);
  }

  forget(): void {
    this.#counts.clear();
    this.#told.clear();
  }

  #tell(warning: Warning, more: number, about: About): void {
    const { kind, namespace, name, reason, message, count } = warning;
    const key = `${kind} ${namespace}/${name} ${reason}`;
    const nowMs = this.#options.clock.now();
    const told = this.#told.get(key) ?? { count: 0, atMs: Number.NEGATIVE_INFINITY };
    told.count += more;
    this.#told.delete(key);
    this.#told.set(key, told);
    dropOldest(this.#told, MOST_TOLD);
    if (Math.abs(nowMs - told.atMs) < TELL_EVERY_MS) return;
    told.atMs = nowMs;
    const object = kind === 'Pod' ? `${namespace}/${name}` : `${kind} ${namespace}/${name}`;
    // The Event may have begun before we did.
    const times = Math.max(told.count, count);
    const text = `${reason} on ${object}${message === '' ? '' : `: ${message}`}${times > 1 ? ` (x${times})` : ''}`;
    const change = { kind: 'warning', atMs: momentOf(warning, nowMs), text } as const;
    // Of a gateway that is behind one itself, both are told.
    if (about.subject !== null) this.#options.changed({ ...change, subject: about.subject, service: '' });
    for (const service of about.services) this.#options.changed({ ...change, subject: null, service });
  }

  #gatewayOf({ kind, namespace, name }: Warning): Subject | null {
    if (kind !== 'Pod') return null;
    return this.#options.gateways().find((one) => one.pod === name && one.namespace === namespace) ?? null;
  }

  #servicesOf({ kind, namespace, name }: Warning): readonly string[] {
    // A ReplicaSet's name ends as those of its pods do, less their own part.
    const workload =
      kind === 'Pod' ? workloadOfPod(name) : kind === 'ReplicaSet' ? workloadOfPod(`${name}-bcdfg`) : name;
    return this.#options.workloads.servicesOf(`${namespace}/${workload}`);
  }
}

interface About {
  readonly subject: Subject | null;
  readonly services: readonly string[];
}

function momentOf({ lastMs }: Warning, nowMs: number): number {
  return lastMs !== null && lastMs <= nowMs && nowMs - lastMs < OLDEST_MS ? lastMs : nowMs;
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
