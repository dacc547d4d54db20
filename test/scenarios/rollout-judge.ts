import type { EndpointState } from '../../src/contract/endpoint.ts';
import type { SocketAddress } from '../../src/facts/endpoint-states.ts';
import type { TrackedUpstream } from '../../src/facts/tracked-upstream.ts';
import type { ComparedAddress } from '../../src/facts/upstream-comparison.ts';
import type { RolloutHistory, Run } from './rollout-history.ts';
import type { UsedUpstream } from './simulated-proxy.ts';

/** How late what may be. Milliseconds. */
export interface Lateness {
  readonly holdDownMs: number;
  /** Between two looks. */
  readonly lookMs: number;
  /** From a decision about slices to when the last of them has been heard of. */
  readonly deliveryMs: number;
  readonly staleAfterMs: number;
  /** Between two words of a quiet API server. */
  readonly newsMs: number;
  /** All namespaces are watched: an address of another Service is known to be. */
  readonly isForeignKnown: boolean;
}

/** What an exporter can know of a moment, besides what is true. */
export interface Circumstances {
  /** When the slices were last heard to be current; null: never. */
  readonly heardMs: number | null;
  /** Since when what is heard lags behind: an outage that goes on, or has just ended. */
  readonly lagsSinceMs: number | null;
  /** Starts of the exporter, lists that were completed and outages that ended: what comes after is new. */
  readonly beginnings: readonly number[];
  /** The slices of the Service have been listed. */
  readonly isListed: boolean;
  /** Since when the Service is gone; null: it is there. */
  readonly goneMs: number | null;
}

interface Use {
  addresses: ReadonlySet<string>;
  /** Since when an address is used, or used no longer. */
  readonly changedMs: Map<string, number>;
  /** Since when it uses these families. */
  familiesMs: number;
  /** When any of it changed last. */
  readMs: number;
  /** Since when it is known which Service it stands for; null: it is not. Only its addresses say that of some. */
  mappedMs: number | null;
}

interface Case {
  readonly upstream: UsedUpstream;
  readonly address: SocketAddress;
  readonly text: string;
  readonly said: ComparedAddress | undefined;
  /** Since when it is in use, or (`isMissing`) not. */
  readonly useMs: number;
  /** What the slices say is compared with is as old as this. */
  readonly readMs: number;
  readonly mappedMs: number;
  readonly isMissing: boolean;
  readonly nowMs: number;
  readonly now: Circumstances;
}

/** Compares every verdict with what was true, and what was true with the verdicts (docs/upstreams.md). */
export class RolloutJudge {
  readonly violations: string[] = [];
  verdicts = 0;
  readonly seen = new Set<EndpointState>();
  readonly #history: RolloutHistory;
  readonly #lateness: Lateness;
  readonly #uses = new Map<string, Use>();

  constructor(history: RolloutHistory, lateness: Lateness) {
    this.#history = history;
    this.#lateness = lateness;
  }

  wasRead(upstream: UsedUpstream, addresses: readonly string[], nowMs: number): void {
    const use = this.#uses.get(upstream.name) ?? {
      ...{ addresses: new Set(), changedMs: new Map(), familiesMs: nowMs, readMs: nowMs, mappedMs: null },
    };
    this.#uses.set(upstream.name, use);
    const next = new Set(addresses);
    if ([...next].join() !== [...use.addresses].join()) use.readMs = nowMs;
    if (familiesOf(next) !== familiesOf(use.addresses)) use.familiesMs = nowMs;
    for (const address of next) if (!use.addresses.has(address)) use.changedMs.set(address, nowMs);
    for (const address of use.addresses) if (!next.has(address)) use.changedMs.set(address, nowMs);
    use.addresses = next;
  }

  look(upstream: UsedUpstream, tracked: TrackedUpstream, nowMs: number, now: Circumstances): void {
    const use = this.#uses.get(upstream.name)!;
    const { service, portNumber } = tracked.mapped;
    const isMapped = service?.service === upstream.service && portNumber === String(upstream.port);
    use.mappedMs = isMapped ? (use.mappedMs ?? nowMs) : null;
    const said = new Map(tracked.compared.addresses.map((one) => [one.address, this.#asJudged(one)]));
    const missing = this.#history.readyAddresses(upstream, false).filter((address) => !use.addresses.has(address));
    const isHeard = now.heardMs !== null && nowMs - now.heardMs <= this.#lateness.staleAfterMs;
    const isJudged = isMapped && isHeard && now.isListed && now.lagsSinceMs === null;
    for (const text of new Set([...said.keys(), ...missing])) {
      const isMissing = !use.addresses.has(text);
      const changedMs = use.changedMs.get(text) ?? Number.NEGATIVE_INFINITY;
      const useMs = isMissing ? Math.max(changedMs, use.familiesMs) : changedMs;
      const readMs = isMissing ? use.readMs : useMs;
      const base = {
        upstream,
        text,
        address: addressOf(text),
        nowMs,
        now,
        isMissing,
        useMs,
        readMs,
        mappedMs: use.mappedMs ?? nowMs,
      };
      const one: Case = { ...base, said: said.get(text) };
      this.verdicts++;
      this.#judgeSaid(one);
      if (isJudged && isOfUsedFamilies(text, use.addresses)) this.#judgeUnsaid(one);
    }
    this.#judgeDrift(upstream, tracked, nowMs);
  }

  #asJudged(said: ComparedAddress): ComparedAddress {
    return said.state === 'foreign' && !this.#lateness.isForeignKnown ? { ...said, state: 'stale' } : said;
  }

  /** What is said was true not long ago, and since when it is said to be so. */
  #judgeSaid(one: Case): void {
    const { said, nowMs, now, isMissing } = one;
    if (said === undefined || said.state === 'unknown') return;
    this.seen.add(said.state);
    const { staleAfterMs } = this.#lateness;
    if (now.heardMs === null || nowMs - now.heardMs > staleAfterMs)
      this.#fail(one, 'said though the slices are too old');
    if (said.state === 'live') return;
    if (isMissing !== (said.state === 'missing')) this.#fail(one, 'missing though in use, or the other way round');
    else if (!this.#wasTrue(one, said.state)) this.#fail(one, 'was not so');
    else if (!this.#isSinceRight(one, said)) this.#fail(one, `is not so since ${said.sinceMs - nowMs} ms`);
  }

  /** What has been true for long enough is said. */
  #judgeUnsaid(one: Case): void {
    const { holdDownMs, lookMs, deliveryMs, newsMs } = this.#lateness;
    const { upstream, address, nowMs, now, isMissing, said, useMs, readMs, mappedMs } = one;
    const [run] = this.#history.runs(upstream, address, nowMs, nowMs);
    if (run === undefined || (isMissing && run.state !== 'live')) return;
    const state = isMissing ? 'missing' : run.state;
    const patienceMs = (state === 'live' ? 0 : holdDownMs) + deliveryMs + 2 * lookMs;
    // A stale address is in no slice: writing them does not disturb it.
    const unrestMs =
      state === 'stale' && this.#lateness.isForeignKnown
        ? Number.NEGATIVE_INFINITY
        : this.#history.unrestUntil(upstream, address.ip, nowMs - patienceMs, nowMs);
    const newsAtMs = state === 'live' ? useMs : readMs + newsMs;
    const sinceMs = Math.max(run.fromMs, useMs, newsAtMs, unrestMs, mappedMs, ...now.beginnings);
    // A Service that was gone before its slices were looked at may be one whose slices are still to come.
    if (now.goneMs !== null && now.goneMs - Math.max(useMs, ...now.beginnings) < patienceMs) return;
    if (nowMs - sinceMs > patienceMs && said?.state !== state) this.#fail(one, `is ${state} and not said to be`);
  }

  #wasTrue({ upstream, address, nowMs, now, useMs }: Case, state: EndpointState): boolean {
    const { holdDownMs, lookMs, deliveryMs } = this.#lateness;
    const lagMs = now.lagsSinceMs === null ? 0 : nowMs - now.lagsSinceMs;
    const ripeMs = holdDownMs + deliveryMs + 2 * lookMs + lagMs;
    for (const run of this.#history.runs(upstream, address, nowMs)) {
      if (state === 'missing') {
        if (run.state === 'live' && run.toMs >= Math.max(useMs, nowMs - deliveryMs - lagMs)) return true;
        if (run.fromMs < nowMs - deliveryMs - lagMs) return false;
      }
      if (run.state === state) return true;
      // Until another bad state is ripe, the last one is said.
      const isOver = run.state === 'live' ? deliveryMs + lookMs + lagMs : ripeMs;
      const unrestMs = this.#history.unrestUntil(upstream, address.ip, run.fromMs, run.toMs);
      const fromMs = run.state === 'live' ? run.fromMs : Math.max(run.fromMs, unrestMs);
      if (run.toMs - fromMs > isOver) return false;
    }
    return false;
  }

  #isSinceRight(
    { upstream, address, nowMs, now, useMs, readMs, mappedMs }: Case,
    { state, sinceMs }: ComparedAddress,
  ): boolean {
    const { lookMs, deliveryMs } = this.#lateness;
    const lateMs = deliveryMs + lookMs;
    const wanted = state === 'missing' ? 'live' : state;
    const isSoonAfter = (ms: number) => ms <= sinceMs && sinceMs - ms <= lateMs;
    // Until the next word of the API server nothing is known of what the proxy has just taken or dropped.
    const isNews = readMs <= sinceMs && sinceMs - readMs <= lateMs + this.#lateness.newsMs;
    const unrestMs = this.#history.unrestUntil(upstream, address.ip, sinceMs - lateMs, sinceMs);
    const isExcused = isNews || [useMs, unrestMs, mappedMs, ...now.beginnings].some(isSoonAfter);
    // What goes while it is being written over has not been seen since a moment before.
    const earlyMs = unrestMs > Number.NEGATIVE_INFINITY ? deliveryMs : 0;
    const isOne = (run: Run) => run.state === wanted && run.fromMs <= sinceMs + earlyMs && run.toMs >= sinceMs - lateMs;
    for (const run of this.#history.runs(upstream, address, nowMs, sinceMs - 2 * lateMs))
      if (isOne(run) && (isExcused || isSoonAfter(run.fromMs))) return true;
    return false;
  }

  #judgeDrift(upstream: UsedUpstream, { compared }: TrackedUpstream, nowMs: number): void {
    const since = compared.addresses
      .filter(({ state }) => ['stale', 'foreign', 'port_drift'].includes(state))
      .map(({ sinceMs }) => sinceMs);
    const oldest = since.length === 0 ? null : Math.min(...since);
    if (compared.driftSinceMs !== oldest) this.violations.push(`${nowMs} ${upstream.name}: drift since ${oldest}`);
  }

  #fail({ upstream, address, text, said, nowMs }: Case, what: string): void {
    if (this.violations.length >= 20) return;
    const runs = [...this.#history.runs(upstream, address, nowMs, nowMs - 20_000)]
      .slice(0, 6)
      .map(({ state, fromMs }) => `${state} for ${nowMs - fromMs} ms`);
    const word = said === undefined ? 'nothing' : `${said.state} for ${nowMs - said.sinceMs} ms`;
    this.violations.push(
      `at ${nowMs} ms ${upstream.name} ${text}: said ${word}, ${what}; was ${runs.join(', before ')}`,
    );
  }
}

function addressOf(text: string): SocketAddress {
  const colon = text.lastIndexOf(':');
  return { ip: text.slice(0, colon).replace(/[[\]]/g, ''), port: Number(text.slice(colon + 1)) };
}

/** What a proxy that uses one family leaves out of the other is not missing. */
function isOfUsedFamilies(text: string, used: ReadonlySet<string>): boolean {
  const families = familiesOf(used);
  return families.length !== 1 || families === familiesOf(new Set([text]));
}

/** `4`, `6`, `46` or ''. */
function familiesOf(addresses: ReadonlySet<string>): string {
  return [...new Set([...addresses].map((address) => (address.startsWith('[') ? '6' : '4')))].sort().join('');
}
