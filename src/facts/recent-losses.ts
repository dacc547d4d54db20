import type { ServicePort, SocketAddress } from './endpoint-states.ts';
import type { Transition } from './slice-transitions.ts';

const RETENTION_MS = 3_600_000;
const MOST = 10_000;

/** When endpoints lost `ready`, for an hour: a proxy may come, or be understood, later. The oldest go first. */
export class RecentLosses {
  readonly #most: number;
  /** Oldest first. */
  readonly #lostMs = new Map<string, number>();

  constructor(most = MOST) {
    this.#most = most;
  }

  get size(): number {
    return this.#lostMs.size;
  }

  note(transition: Transition, nowMs: number): void {
    const key = keyOf(transition, transition.ip, transition.port);
    this.#lostMs.delete(key);
    if (!transition.isReady) this.#lostMs.set(key, nowMs);
    for (const [oldest, lostMs] of this.#lostMs) {
      if (this.#lostMs.size <= this.#most && nowMs - lostMs <= RETENTION_MS) return;
      this.#lostMs.delete(oldest);
    }
  }

  /** Milliseconds since the epoch; undefined when it was not seen, or is long ago. */
  lostAt(service: ServicePort, { ip, port }: SocketAddress): number | undefined {
    return this.#lostMs.get(keyOf(service, ip, port)) ?? this.#lostMs.get(keyOf(service, ip, null));
  }
}

function keyOf({ service, portName }: ServicePort, ip: string, port: number | null): string {
  return `${service} ${portName} ${ip} ${port}`;
}
