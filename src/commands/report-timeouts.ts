import { isNamedByAddress } from '../facts/upstream-identity.ts';
import { showInvisible } from '../http/html.ts';
import { readAuditSources } from './audit-sources.ts';
import type { ReportOptions, ReportTerminal } from './report.ts';
import { ownTerminal } from './report.ts';
import { askMetrics } from './report-metrics.ts';
import { type ConfiguredUpstream, configuredTimeouts } from './report-timeouts-conf.ts';
import { type Judged, judgeConnect, judgeRead, type Observed } from './report-timeouts-judge.ts';
import { ObservedDurations, type ObservedOrWhy, WANTED_METRICS } from './report-timeouts-observed.ts';
import { timeoutsText } from './report-timeouts-text.ts';

export interface TimeoutsOptions extends ReportOptions {
  /** The metrics listener of the badgateway, where not port 9502 of the host of `server`. */
  readonly metrics?: string;
  /** Which gateway of the badgateway a file is of. */
  readonly gateway?: string;
}

export interface JudgedTimeout extends Judged {
  /** Milliseconds; null: not known. */
  readonly leastMs: number | null;
  readonly mostMs: number | null;
  /** `file:line`; none where nginx's default holds. */
  readonly places: readonly string[];
}

export interface UpstreamTimeouts {
  readonly name: string;
  readonly observed: Observed | null;
  readonly connect: JudgedTimeout;
  readonly read: JudgedTimeout;
}

/** One proxy with the timeouts of its upstreams. */
export interface ProxyTimeouts {
  readonly name: string;
  readonly gateway: string;
  readonly upstreams: readonly UpstreamTimeouts[];
  /** Places that send where only the running proxy knows. */
  readonly atRunTime: number;
  /** Parts that could not be read. */
  readonly missing: readonly string[];
}

const NOT_ASKED = 'no traffic is known: ask a badgateway that counts it with --server';
const NOT_READ: JudgedTimeout = {
  ...{ verdict: 'unknown', suggestedMs: null, leastMs: null, mostMs: null, places: [] },
  why: 'its configuration is not read here',
};
const OF_ENVOY: JudgedTimeout = { ...NOT_READ, why: 'the timeouts of an Envoy are in its routes, which are not read' };

/**
 * The command `report timeouts`: returns the exit code. 0: no timeout is far above or below what is observed, as far as that is known;
 * 1: one is; 2: something could not be read, or nothing is there.
 */
export async function runTimeouts(options: TimeoutsOptions, terminal: ReportTerminal = ownTerminal()): Promise<number> {
  try {
    const durations = await askDurations(options);
    const { proxies: read, isBlind } = await readHere(options, durations, terminal);
    const proxies = [...read, ...notReadHere(read, durations)];
    if (options.json === true) terminal.out(`${showInvisible(JSON.stringify({ proxies }))}\n`);
    else terminal.out(proxies.map(timeoutsText).join('\n'));
    if (proxies.length === 0 && options.files.length === 0)
      terminal.note('no nginx runs here that can be read: give a file, or --server');
    if (durations === null && proxies.length > 0) terminal.note(NOT_ASKED);
    if (isBlind || proxies.length === 0 || proxies.some(({ missing }) => missing.length > 0)) return 2;
    return proxies.some(({ upstreams }) => upstreams.some(isWrong)) ? 1 : 0;
  } catch (error) {
    terminal.note(showInvisible((error as Error).message));
    return 2;
  }
}

async function askDurations(options: TimeoutsOptions): Promise<ObservedDurations | null> {
  const { server = options.metrics } = options;
  if (server === undefined) return null;
  return new ObservedDurations(await askMetrics({ ...options, server }, WANTED_METRICS));
}

async function readHere(
  options: TimeoutsOptions,
  durations: ObservedDurations | null,
  terminal: ReportTerminal,
): Promise<{ proxies: ProxyTimeouts[]; isBlind: boolean }> {
  const sources = await readAuditSources(options, terminal);
  const proxies: ProxyTimeouts[] = [];
  for (const { name, gateway: found, read } of sources) {
    if ('problem' in read) {
      terminal.note(showInvisible(`cannot read ${name}: ${read.problem}`));
      continue;
    }
    const gateway = options.gateway ?? found;
    const { upstreams, atRunTime } = configuredTimeouts(read.conf);
    const byAddress = upstreams.filter((one) => isNamedByAddress(one.name)).length;
    const judged = upstreams.map((one) => judge(one, observedOf(one, gateway, durations, byAddress)));
    proxies.push({ name, gateway, upstreams: judged, atRunTime, missing: read.conf.missing });
  }
  return { proxies, isBlind: proxies.length < sources.length };
}

function observedOf(
  { name, module }: ConfiguredUpstream,
  gateway: string,
  durations: ObservedDurations | null,
  byAddress: number,
): ObservedOrWhy {
  if (module === 'stream') return 'connections of stream have no durations of attempts in an access log';
  return durations?.of({ proxy: 'nginx', gateway, upstream: name }, byAddress) ?? NOT_ASKED;
}

function judge({ name, connect, read }: ConfiguredUpstream, observed: ObservedOrWhy): UpstreamTimeouts {
  const known = typeof observed === 'string' ? null : observed;
  const of = ({ range, places }: typeof connect, by: typeof judgeRead): JudgedTimeout => {
    const [leastMs, mostMs] = [range?.leastMs ?? null, range?.mostMs ?? null];
    const unknown = (why: string) => ({ verdict: 'unknown', why, suggestedMs: null }) as const;
    const judged =
      typeof observed === 'string'
        ? unknown(observed)
        : range === null
          ? unknown('it may be set in a part of the configuration that is not there')
          : by(range, observed);
    return { ...judged, leastMs, mostMs, places };
  };
  return { name, observed: known, connect: of(connect, judgeConnect), read: of(read, judgeRead) };
}

/** Gateways that the badgateway knows and whose configuration is not here: what was observed, against nothing. */
function notReadHere(read: readonly ProxyTimeouts[], durations: ObservedDurations | null): ProxyTimeouts[] {
  if (durations === null) return [];
  const isHere = (proxy: string, gateway: string) =>
    proxy === 'nginx' && read.some((one) => one.gateway === gateway || one.gateway === '');
  const asked = durations.upstreams().filter(({ proxy, gateway }) => !isHere(proxy, gateway));
  return [...Map.groupBy(asked, ({ proxy, gateway }) => `${proxy} ${gateway}`)].map(([name, ones]) => ({
    ...{ name, gateway: ones[0].gateway, atRunTime: 0, missing: [] },
    upstreams: ones.map((one) => {
      const observed = durations.of(one);
      const timeout = one.proxy === 'envoy' ? OF_ENVOY : NOT_READ;
      return {
        name: one.upstream,
        observed: typeof observed === 'string' ? null : observed,
        connect: timeout,
        read: timeout,
      };
    }),
  }));
}

function isWrong({ connect, read }: UpstreamTimeouts): boolean {
  return [connect, read].some(({ verdict }) => verdict === 'far_above' || verdict === 'below');
}
