import { quoted } from '../../parse/nginx-conf-problem.ts';
import type { Directive } from '../../parse/nginx-conf-tree.ts';
import type { Upstream } from '../../parse/nginx-conf-upstream.ts';
import type { AuditInput } from '../input.ts';
import { type KeepaliveDefault, keepaliveDefault } from '../nginx-defaults.ts';
import { byUpstream, type ProxyPlace } from '../proxy-place.ts';
import { type AuditRule, counted, type Finding, OUTER_UNSEEN, type Unchecked, unchecked } from '../rule.ts';
import { connectionHeader, mappedFromEmpty } from '../websocket.ts';

const PASSES = new Set(['proxy_pass', 'grpc_pass']);
const IF_OLDER = ' (if nginx is older than 1.29.7; its version is not known)';

const KEPT = 'proxy_http_version 1.1; proxy_set_header Connection "";';

/** What holds at a place; `rests` on nginx's default, which is another since 1.29.7. */
interface Closing {
  readonly place: ProxyPlace;
  readonly reason: string;
  readonly restsOnDefault: boolean;
}

interface Surroundings {
  readonly usual: KeepaliveDefault;
  readonly maps: readonly Directive[];
  /** What `http` says is all there. */
  readonly hasMain: boolean;
}

export const upstreamWithoutKeepalive: AuditRule = {
  name: 'upstream_without_keepalive',
  severity: 'warning',
  summary: 'Each request opens a connection to its upstream: nothing is kept, or what is kept is closed',
  needsWhole: true,
  *check(input) {
    const usual = keepaliveDefault(input.facts.nginxVersion);
    const maps = input.modules.flatMap(({ directives }) => directives.filter(({ name }) => name === 'map'));
    for (const [upstream, places] of usedUpstreams(input)) {
      const finding = upstream.isImplicit
        ? withoutBlock(upstream, places, usual)
        : inBlock(upstream, places, { usual, maps, hasMain: input.hasMain });
      if (finding !== null) yield finding;
    }
  },
};

/** Upstreams that HTTP requests go to; one that only a variable may name has no places. */
function usedUpstreams({ upstreams, proxies }: AuditInput): (readonly [Upstream, readonly ProxyPlace[]])[] {
  const places = byUpstream(proxies.filter(({ pass }) => PASSES.has(pass.directive)));
  const isAnyNamed = upstreams.unknown.some(({ directive }) => PASSES.has(directive));
  return upstreams.upstreams.flatMap((upstream) => {
    const used = places.get(upstream);
    const isUsed = used !== undefined || (isAnyNamed && upstream.references.length === 0);
    const isReal = upstream.method === 'lua' || upstream.stateFile !== null || upstream.servers.some(isBackend);
    return upstream.module === 'http' && isUsed && isReal ? [[upstream, used ?? []] as const] : [];
  });
}

/** HTTP/2: its connections stay open without being told. */
function isGrpc(places: readonly ProxyPlace[]): boolean {
  return places.length > 0 && places.every(({ prefix }) => prefix === 'grpc');
}

/** Not a socket of the proxy's own that only answers with a code. */
function isBackend({ address }: Upstream['servers'][number]): boolean {
  return address.kind !== 'placeholder' && address.kind !== 'unix';
}

function withoutBlock(
  { file, line }: Upstream,
  places: readonly ProxyPlace[],
  usual: KeepaliveDefault,
): Finding | null {
  if (usual === 'on' || places.length === 0) return null;
  const { pass } = places[0];
  return {
    place: { file, line },
    message: `${pass.directive} names the address itself: without an upstream block 0 connections are kept for ${counted(places.length, 'place')}${usual === 'unknown' ? IF_OLDER : ''}`,
    fix: `upstream NAME { server …; keepalive 32; }, and ${isGrpc(places) ? 'grpc_pass NAME;' : `pass to NAME with ${KEPT}`}`,
    severity: 'info',
  };
}

function inBlock(
  upstream: Upstream,
  places: readonly ProxyPlace[],
  { usual, maps, hasMain }: Surroundings,
): Finding | Unchecked | null {
  const { name, keepalive, servers, file, line } = upstream;
  const isKept = keepalive === null ? usual === 'on' : keepalive > 0;
  if (!isKept) {
    const isDefault = keepalive === null;
    return {
      place: { file, line },
      message: `upstream ${quoted(name)} keeps 0 idle connections for its ${counted(servers.length, 'server')}: every request opens one${isDefault && usual === 'unknown' ? IF_OLDER : ''}`,
      fix: `keepalive 32; in the upstream${isGrpc(places) ? '' : `, and ${KEPT} where it is used`}`,
      ...(isDefault && usual === 'unknown' ? { severity: 'info' } : {}),
    };
  }
  const closing = places.flatMap((place) => closingOf(place, usual, maps) ?? []);
  if (closing.length === 0) return null;
  if (!hasMain && closing.every(({ restsOnDefault }) => restsOnDefault)) return unchecked(OUTER_UNSEEN);
  const isSure = closing.some(({ restsOnDefault }) => !restsOnDefault) || usual === 'off';
  const first = closing.find(({ restsOnDefault }) => !restsOnDefault) ?? closing[0];
  const { file: at, line: atLine } = first.place.pass;
  return {
    place: { file: at, line: atLine },
    message: `upstream ${quoted(name)} may keep ${keepalive ?? 32} idle connections, but at ${closing.length} of ${counted(places.length, 'place')} that use it each is closed after its response: ${first.reason}${isSure ? '' : IF_OLDER}`,
    fix: KEPT,
    ...(isSure ? {} : { severity: 'info' }),
  };
}

/** Null: connections are kept here, as far as can be told. */
function closingOf(place: ProxyPlace, usual: KeepaliveDefault, maps: readonly Directive[]): Closing | null {
  const version = place.get('proxy_http_version')?.args[0];
  // HTTP/2, and gRPC with it, does not close after a response.
  if (place.pass.directive !== 'proxy_pass' || version === '2') return null;
  if (version === '1.0') return { place, reason: 'proxy_http_version is 1.0, not 1.1', restsOnDefault: false };
  const closes = 'the header Connection says close, not ""';
  const header = connectionHeader(place);
  if (header === 'close') return { place, reason: closes, restsOnDefault: false };
  const variable = place.header('connection')?.args[1] ?? '';
  if (variable.startsWith('$') && mappedFromEmpty(maps, variable)?.toLowerCase() === 'close')
    return { place, reason: `${closes} (a map gives it for an empty Upgrade)`, restsOnDefault: false };
  if (usual === 'on') return null;
  if (version === undefined)
    return { place, reason: 'proxy_http_version is 1.0 (the default), not 1.1', restsOnDefault: true };
  return header === 'default' ? { place, reason: `${closes} (the default)`, restsOnDefault: true } : null;
}
