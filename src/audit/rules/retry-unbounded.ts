import { quoted } from '../../parse/nginx-conf-problem.ts';
import { parseCount, parseSeconds } from '../../parse/nginx-conf-units.ts';
import type { Upstream } from '../../parse/nginx-conf-upstream.ts';
import { byUpstream, type ProxyPlace } from '../proxy-place.ts';
import { type AuditRule, type Finding, OUTER_UNSEEN, unchecked } from '../rule.ts';

/** With two servers a request is tried twice at most, which is what people limit it to. */
const FEWEST_SERVERS = 3;
/** nginx's own: a server that could not be reached or did not answer in time. */
const USUAL = new Set(['error', 'timeout']);

export const retryUnbounded: AuditRule = {
  name: 'retry_unbounded',
  severity: 'warning',
  summary: 'A request that fails is tried on every server of its upstream, however long that takes',
  needsWhole: true,
  *check({ proxies, hasMain }) {
    for (const [upstream, places] of byUpstream(proxies)) {
      const servers = upstream.servers.filter(({ parameters }) => !parameters.down).length;
      if (servers < FEWEST_SERVERS) continue;
      const found = places.filter(isUnbounded);
      // The one with the most reasons to go on says the most.
      const worst = found.find((place) => !isUsual(place)) ?? found[0];
      if (worst !== undefined) yield hasMain ? finding(upstream, servers, worst) : unchecked(OUTER_UNSEEN);
    }
  },
};

function conditionsOf(place: ProxyPlace): readonly string[] {
  return place.get(`${place.prefix}_next_upstream`)?.args ?? [...USUAL];
}

function isUsual(place: ProxyPlace): boolean {
  return conditionsOf(place).every((condition) => USUAL.has(condition));
}

function isUnbounded(place: ProxyPlace): boolean {
  const tries = parseCount(place.get(`${place.prefix}_next_upstream_tries`)?.args[0] ?? '0');
  const timeout = parseSeconds(place.get(`${place.prefix}_next_upstream_timeout`)?.args[0] ?? '0');
  return tries === 0 && timeout === 0 && !conditionsOf(place).includes('off');
}

function finding({ name }: Upstream, servers: number, place: ProxyPlace): Finding {
  const { prefix, pass } = place;
  const directive = place.get(`${prefix}_next_upstream`);
  const { file, line } = directive ?? pass;
  const seconds = parseSeconds(place.get(`${prefix}_read_timeout`)?.args[0] ?? '60') ?? 0;
  const usual = isUsual(place);
  return {
    place: { file, line },
    message: `upstream ${quoted(name)} has ${servers} servers and ${prefix}_next_upstream_tries is 0, which is no limit: one request may be tried ${servers} times, each for ${prefix}_read_timeout ${seconds} s${usual ? '' : ', also after an answer with an error'}`,
    fix: `${prefix}_next_upstream_tries 2; ${prefix}_next_upstream_timeout 10s;`,
    ...(usual ? { severity: 'info' } : {}),
  };
}
