import { isPass, type Pass, readPass } from '../parse/nginx-conf-pass.ts';
import { type ConfContext, type Directive, modulesOf, type NginxConf } from '../parse/nginx-conf-tree.ts';
import type { Upstream } from '../parse/nginx-conf-upstream.ts';
import type { ConfUpstreams } from '../parse/nginx-conf-upstreams.ts';

const NONE: readonly Directive[] = [];

/** A block with its own directives by name. */
export class ConfLevel {
  /** `http`, `server`, `location`, `if` … */
  readonly name: string;
  readonly #body: readonly Directive[];
  #byName: ReadonlyMap<string, readonly Directive[]> | null = null;

  constructor(name: string, body: readonly Directive[]) {
    this.name = name;
    this.#body = body;
  }

  all(name: string): readonly Directive[] {
    this.#byName ??= Map.groupBy(this.#body, (directive) => directive.name);
    return this.#byName.get(name) ?? NONE;
  }
}

/**
 * A `proxy_pass` or its like in `http` with the blocks around it. A directive counts in the block where it stands and in those
 * inside; one that may stand several times (proxy_set_header) is inherited only by a block that has none of its own
 * (ngx_http_proxy_merge_loc_conf, src/http/modules/ngx_http_proxy_module.c).
 */
export class ProxyPlace {
  readonly pass: Pass;
  /** Null: only the running proxy knows, or the address is no upstream's. */
  readonly upstream: Upstream | null;
  /** Innermost first. */
  readonly levels: readonly ConfLevel[];

  constructor(pass: Pass, upstream: Upstream | null, levels: readonly ConfLevel[]) {
    this.pass = pass;
    this.upstream = upstream;
    this.levels = levels;
  }

  /** `proxy`, `grpc`, `fastcgi` …: what the directives of this kind of proxying begin with. */
  get prefix(): string {
    return this.pass.directive.replace(/_pass$/, '');
  }

  /** The directives of this name that hold here; none when its default does. */
  all(name: string): readonly Directive[] {
    return this.levelOf(name)?.all(name) ?? [];
  }

  /** The block whose directives of this name hold here; null when the default does. */
  levelOf(name: string): ConfLevel | null {
    return this.levels.find((level) => level.all(name).length > 0) ?? null;
  }

  get(name: string): Directive | null {
    return this.all(name)[0] ?? null;
  }

  /** The line that sets this header of the request to the upstream. */
  header(name: string): Directive | null {
    const set = this.all(`${this.prefix}_set_header`);
    return set.findLast(({ args }) => args[0]?.toLowerCase() === name) ?? null;
  }
}

/** Every place in `http` that sends requests somewhere, in the order of the configuration. */
export function findProxyPlaces(conf: NginxConf, context: ConfContext, { upstreams }: ConfUpstreams): ProxyPlace[] {
  const byName = new Map(upstreams.filter(({ module }) => module === 'http').map((one) => [keyOf(one), one]));
  const places: ProxyPlace[] = [];
  const visit = (name: string, body: readonly Directive[], outer: readonly ConfLevel[]): void => {
    const levels = [new ConfLevel(name, body), ...outer];
    for (const directive of body) {
      if (directive.kind === 'block' && directive.name !== 'upstream') visit(directive.name, directive.body, levels);
      if (directive.kind !== 'simple' || !isPass(directive.name, 'http')) continue;
      const pass = readPass(directive, 'http');
      if (typeof pass !== 'string') places.push(new ProxyPlace(pass, byName.get(upstreamKey(pass)) ?? null, levels));
    }
  };
  for (const { module, directives } of modulesOf(conf, context)) if (module === 'http') visit('http', directives, []);
  return places;
}

function keyOf({ name, isImplicit }: Upstream): string {
  return isImplicit ? name : name.toLowerCase();
}

/** Null-like text for what is looked up at run time; names of implicit upstreams as readUpstreams makes them. */
function upstreamKey({ address, isAtRunTime }: Pass): string {
  const { kind, host, port, isPortless } = address;
  if (kind === 'hostname' && isPortless) return host.toLowerCase();
  if (kind === 'variable' || (isAtRunTime && kind === 'hostname')) return '';
  if (kind === 'unix' || address.code !== null) return `implicit:unix:${host}`;
  return `implicit:${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Places by the directive that holds at them, without those where the default holds. */
export function byDirective(
  places: readonly ProxyPlace[],
  suffix: string,
): ReadonlyMap<Directive, readonly ProxyPlace[]> {
  const found = new Map<Directive, ProxyPlace[]>();
  for (const place of places) {
    const directive = place.get(`${place.prefix}_${suffix}`);
    if (directive === null) continue;
    const known = found.get(directive);
    if (known === undefined) found.set(directive, [place]);
    else known.push(place);
  }
  return found;
}

/** Places by the upstream they send to, in the order of the configuration. */
export function byUpstream(places: readonly ProxyPlace[]): ReadonlyMap<Upstream, readonly ProxyPlace[]> {
  const found = new Map<Upstream, ProxyPlace[]>();
  for (const place of places) {
    if (place.upstream === null) continue;
    const known = found.get(place.upstream);
    if (known === undefined) found.set(place.upstream, [place]);
    else known.push(place);
  }
  return found;
}
