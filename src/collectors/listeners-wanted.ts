import type { NodeLook, NodeNetwork, NodeView } from '../contract/node.ts';
import type { Clock } from '../contract/unit.ts';
import { isLoopbackIp } from '../parse/ip-address.ts';

/** However many addresses are looked for in vain, all processes are not looked at more often. */
const FORCE_EVERY_MS = 5_000;
/** An address that was not found is another node's; by then there has been a look in any case. */
const MISSED_FOR_MS = 15_000;
/** More at once are not remembered: they are looked for again. */
const MOST_MISSED = 1_000;

/** Looks at the node, and again at once when a verdict waits for an address that no known network has. */
export class WantedLook {
  readonly #node: NodeView;
  readonly #clock: Clock;
  /** Addresses that a look of its own did not find, and when. */
  readonly #missed = new Map<string, number>();
  #forcedMs = Number.NEGATIVE_INFINITY;

  constructor(node: NodeView, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  async look(maxAgeMs: number, wanted: ReadonlySet<string>): Promise<NodeLook> {
    const look = await this.#node.look(maxAgeMs);
    const nowMs = this.#clock.now();
    for (const [ip, atMs] of this.#missed)
      if (!isWithin(nowMs, atMs, MISSED_FOR_MS) || !wanted.has(ip)) this.#missed.delete(ip);
    const lost = missingIn(look, wanted).filter((ip) => !this.#missed.has(ip));
    if (lost.length === 0 || look.atMs === nowMs || isWithin(nowMs, this.#forcedMs, FORCE_EVERY_MS)) return look;
    this.#forcedMs = nowMs;
    const next = await this.#node.look(0);
    for (const ip of missingIn(next, new Set(lost)).slice(0, MOST_MISSED - this.#missed.size))
      this.#missed.set(ip, nowMs);
    return next;
  }
}

/** Whether a verdict waits to hear what listens there. `hasGateway`: a loopback address that a gateway uses is one of its. */
export function isWantedIn({ ips }: NodeNetwork, hasGateway: boolean, wanted: ReadonlySet<string>): boolean {
  if (wanted.size === 0) return false;
  return ips.some((ip) => wanted.has(ip)) || (hasGateway && [...wanted].some(isLoopbackIp));
}

function missingIn({ networks }: NodeLook, wanted: ReadonlySet<string>): string[] {
  const missing = new Set(wanted);
  for (const ip of wanted) if (isLoopbackIp(ip)) missing.delete(ip);
  if (missing.size > 0) for (const { ips } of networks) for (const ip of ips) missing.delete(ip);
  return [...missing];
}

/** False when the clock was set back. */
function isWithin(nowMs: number, thenMs: number, periodMs: number): boolean {
  return nowMs >= thenMs && nowMs - thenMs < periodMs;
}
