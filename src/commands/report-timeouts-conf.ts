import { notKnown } from '../audit/fact.ts';
import { type AuditedConf, readAuditInput } from '../audit/input.ts';
import { byUpstream, type ProxyPlace } from '../audit/proxy-place.ts';
import { limitsInUse } from '../collectors/nginx-config-limits.ts';
import type { TimeoutRange } from '../contract/gateway-settings.ts';
import type { Directive } from '../parse/nginx-conf-tree.ts';
import { parseMilliseconds } from '../parse/nginx-conf-units.ts';
import { unknownFacts } from './audit-assume.ts';

/** A timeout of all places that send to one upstream. */
export interface ConfiguredTimeout {
  /** Null: it may stand in a part that is not there, or is no time. */
  readonly range: TimeoutRange | null;
  /** `file:line` of the settings; none where nginx's default holds. */
  readonly places: readonly string[];
}

export interface ConfiguredUpstream {
  /** As the running badgateway calls it. */
  readonly name: string;
  readonly module: 'http' | 'stream';
  readonly connect: ConfiguredTimeout;
  readonly read: ConfiguredTimeout;
}

export interface ConfiguredTimeouts {
  readonly upstreams: readonly ConfiguredUpstream[];
  /** Places that send where only the running proxy knows. */
  readonly atRunTime: number;
}

/** Of `proxy_connect_timeout`, `proxy_read_timeout` and their likes (ngx_http_proxy_merge_loc_conf). */
const DEFAULT_MS = 60_000;

/** Connect and read timeouts by upstream, of those that something sends to. */
export function configuredTimeouts(audited: AuditedConf): ConfiguredTimeouts {
  const input = readAuditInput(audited, unknownFacts(notKnown('')));
  const { upstreams } = input.upstreams;
  const places = byUpstream(input.proxies);
  // What is not set holds by default only where all was read.
  const isWhole = input.hasMain && input.missing.length === 0;
  const stream = limitsInUse(
    audited.conf,
    audited.context,
    upstreams.filter(({ module }) => module === 'stream'),
  );
  const names = new Set<string>();
  const found: ConfiguredUpstream[] = [];
  for (const upstream of upstreams) {
    const { module } = upstream;
    // As in the view of the running proxy: upstreams of `http` and `stream` may have one name.
    const name = names.has(upstream.name) ? `${module}:${upstream.name}` : upstream.name;
    names.add(upstream.name);
    if (module === 'mail' || upstream.references.length === 0) continue;
    const sent = places.get(upstream) ?? [];
    const limits = stream.byUpstream.get(upstream.name);
    if (module === 'http' && sent.length > 0)
      found.push({
        ...{ name, module },
        connect: together(sent, 'connect_timeout', isWhole),
        read: together(sent, 'read_timeout', isWhole),
      });
    else if (module === 'stream')
      found.push({
        ...{ name, module },
        connect: { range: limits?.connect ?? null, places: [] },
        read: { range: limits?.answer ?? null, places: [] },
      });
  }
  return { upstreams: found, atRunTime: input.proxies.filter((place) => place.upstream === null).length };
}

function together(all: readonly ProxyPlace[], suffix: string, isWhole: boolean): ConfiguredTimeout {
  const set = all.map((place) => place.get(`${place.prefix}_${suffix}`));
  const places = [...new Set(set.filter((directive) => directive !== null).map(placeOf))];
  const times = set.map((directive) =>
    directive === null ? (isWhole ? DEFAULT_MS : null) : parseMilliseconds(directive.args[0] ?? ''),
  );
  const known = times.filter((ms) => ms !== null);
  if (known.length < times.length) return { range: null, places };
  return { range: { leastMs: Math.min(...known), mostMs: Math.max(...known) }, places };
}

function placeOf({ file, line }: Directive): string {
  return `${file}:${line}`;
}
