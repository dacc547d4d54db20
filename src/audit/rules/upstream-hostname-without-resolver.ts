import type { ConfAddress } from '../../parse/nginx-conf-address.ts';
import { quoted } from '../../parse/nginx-conf-problem.ts';
import type { ConfModule } from '../../parse/nginx-conf-tree.ts';
import type { Upstream } from '../../parse/nginx-conf-upstream.ts';
import type { AuditInput } from '../input.ts';
import { byUpstream, type ProxyPlace } from '../proxy-place.ts';
import { type AuditRule, type Finding, OUTER_UNSEEN, unchecked } from '../rule.ts';

/** Names that no DNS answer changes. */
const FIXED = new Set(['localhost', 'localhost.localdomain', 'host.docker.internal']);

export const upstreamHostnameWithoutResolver: AuditRule = {
  name: 'upstream_hostname_without_resolver',
  severity: 'warning',
  summary: 'A host name is resolved once, when the configuration is loaded, and its address kept until the next reload',
  needsWhole: true,
  *check(input) {
    const resolving = new Set(input.modules.filter(hasResolver).map(({ module }) => module));
    const places = byUpstream(input.proxies);
    for (const upstream of input.upstreams.upstreams) yield* resolvedOnce(upstream, places.get(upstream)?.[0]);
    for (const finding of withoutResolver(input, resolving)) yield input.hasMain ? finding : unchecked(OUTER_UNSEEN);
  },
};

function hasResolver({ directives }: ConfModule): boolean {
  return directives.some(({ name }) => name === 'resolver');
}

function* resolvedOnce({ servers, isImplicit, name, module }: Upstream, used?: ProxyPlace): Generator<Finding> {
  for (const { address, parameters, file, line } of servers) {
    if (!isChanging(address) || parameters.resolve) continue;
    const host = quoted(address.host);
    const times = 'is resolved 1 time, when the configuration is loaded, and 0 times when its address changes';
    yield isImplicit
      ? {
          place: { file, line },
          message: `${host} ${times}`,
          fix:
            module === 'mail'
              ? 'an address, or a reload when it changes'
              : `resolver ADDRESS valid=10s; and the address in a variable: set $upstream "${hostText(address)}"; ${passText(used)};`,
        }
      : {
          place: { file, line },
          message: `server ${host} of upstream ${quoted(name)} ${times}`,
          fix: `server ${hostText(address)} resolve; with zone and resolver in the upstream (nginx 1.27.3, NGINX Plus)`,
        };
  }
}

/** Without a place in `http` it is one of `stream`. */
function passText(used: ProxyPlace | undefined): string {
  const { directive, scheme } = used?.pass ?? { directive: 'proxy_pass', scheme: '' };
  return `${directive} ${scheme === '' ? '' : `${scheme}://`}$upstream`;
}

/** Names that are asked for again, of nobody. */
function* withoutResolver({ upstreams, proxies }: AuditInput, resolving: ReadonlySet<string>): Generator<Finding> {
  for (const { name, module, servers, resolver } of upstreams.upstreams) {
    if (resolver.length > 0 || resolving.has(module)) continue;
    for (const { address, parameters, file, line } of servers) {
      if (!isChanging(address) || !parameters.resolve) continue;
      yield {
        place: { file, line },
        message: `server ${quoted(address.host)} of upstream ${quoted(name)} has resolve and 0 resolvers: its address cannot be followed`,
        fix: `resolver ADDRESS valid=10s; in the upstream or in ${module}`,
      };
    }
  }
  // With a variable in the address nginx asks the resolver for every request, and fails without one.
  for (const place of proxies) {
    const { address, isAtRunTime, directive, file, line } = place.pass;
    if (!isAtRunTime || !isChanging(address) || place.upstream !== null || place.get('resolver') !== null) continue;
    yield {
      place: { file, line },
      message: `${directive} asks for ${quoted(address.host)} at every request and has 0 resolvers: each one fails with 502`,
      fix: 'resolver ADDRESS valid=10s;',
    };
  }
}

function isChanging({ kind, host }: ConfAddress): boolean {
  return kind === 'hostname' && !FIXED.has(host.toLowerCase());
}

/** Bounded and without anything that could end the line. */
function hostText({ host, port }: { readonly host: string; readonly port: number | null }): string {
  const name = quoted(host).slice(1, -1);
  return port === null ? name : `${name}:${port}`;
}
