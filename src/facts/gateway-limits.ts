import type { Observation } from '../contract/failure.ts';
import type { GatewaySettings, HeaderBufferInUse, TimeoutRange, UpstreamLimits } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import { isSameProxy } from './tracked-view.ts';
import { upstreamsOf } from './upstream-identity.ts';
import type { NamedUpstream, UsedAddresses } from './used-addresses.ts';

/** Where the timeout is not known: nginx waits 60 s for a connection and for an answer unless told otherwise, others for less. */
export const CAREFUL: TimeoutRange = { leastMs: 0, mostMs: 75_000 };

const NOTHING: UpstreamLimits = { connect: null, answer: null, header: null };

export interface GatewayLimitsOptions {
  readonly used: UsedAddresses;
  readonly settings: () => readonly GatewaySettings[];
}

/** What the running configuration says of how long an upstream is waited for, and what of its answers fits. */
export class GatewayLimits {
  readonly #options: GatewayLimitsOptions;

  constructor(options: GatewayLimitsOptions) {
    this.#options = options;
  }

  /** The timeout that was over when the attempts failed; null: they did not fail for one, or it is not known. */
  timeout(of: Observation): TimeoutRange | null {
    if (of.symptom !== 'connect_timeout' && of.symptom !== 'response_timeout') return null;
    const kind = of.symptom === 'connect_timeout' ? 'connect' : 'answer';
    const range = rangeOf(this.#limitsOf(of), kind);
    return range !== null && of.detail === 'kernel_timeout' ? { ...range, leastMs: 0 } : range;
  }

  /** What requests are answered that the gateway's limits refuse; null: not known. */
  refusalStatuses(subject: Subject): readonly number[] | null {
    const all = this.#options.settings().filter((one) => isSameProxy(one.subject, subject));
    const [first] = all;
    return all.length === 1 ? (first.refusalStatuses ?? null) : null;
  }

  /** Whether its access logs may tell of subrequests: the configuration says so, or nobody has read it yet. */
  mayLogSubrequests(subject: Subject): boolean {
    const all = this.#options.settings().filter((one) => isSameProxy(one.subject, subject));
    return all.length === 0 || all.some(({ logsSubrequests }) => logsSubrequests !== false);
  }

  /** The error log of the gateway would tell of every attempt that it failed. */
  isErrorLogWhole({ proxy, subject }: Observation): boolean {
    const all = this.#options.settings().filter((one) => isSameProxy(one.subject, subject));
    return proxy === 'nginx' && all.length > 0 && all.every(({ isErrorLogWhole }) => isErrorLogWhole === true);
  }

  /** The smallest buffer that the header of an answer had to fit in; null: not known. */
  headerBuffer(of: Observation): HeaderBufferInUse | null {
    const [first, ...more] = this.#limitsOf(of).map(({ header }) => header);
    return first !== undefined && more.every((one) => one?.place === first?.place) ? first : null;
  }

  /** Of each configuration that may be the gateway's, by the upstreams that it may be about; of others by all of its places. */
  #limitsOf(of: Observation): readonly UpstreamLimits[] {
    if (of.proxy !== 'nginx') return [];
    const upstreams = upstreamsOf(this.#options.used, of);
    let found: readonly UpstreamLimits[] = [];
    for (const { subject, limits } of this.#options.settings()) {
      if (!isSameProxy(subject, of.subject)) continue;
      const its = limits === undefined ? [NOTHING] : limitsAmong(limits, upstreams);
      found = found.length === 0 ? its : [...found, ...its];
    }
    return found;
  }
}

function limitsAmong(
  { byUpstream, all }: NonNullable<GatewaySettings['limits']>,
  upstreams: readonly NamedUpstream[],
): readonly UpstreamLimits[] {
  if (upstreams.length === 1) return [byUpstream.get(upstreams[0].upstream.name) ?? all];
  const named = upstreams.map(({ upstream }) => byUpstream.get(upstream.name));
  return named.length > 0 && named.every((one) => one !== undefined) ? named : [all];
}

function rangeOf(limits: readonly UpstreamLimits[], kind: 'connect' | 'answer'): TimeoutRange | null {
  if (limits.length <= 1) return limits[0]?.[kind] ?? null;
  let [leastMs, mostMs] = [Number.POSITIVE_INFINITY, 0];
  for (const { [kind]: range } of limits) {
    if (range === null) return null;
    leastMs = Math.min(leastMs, range.leastMs);
    mostMs = Math.max(mostMs, range.mostMs);
  }
  return { leastMs, mostMs };
}
