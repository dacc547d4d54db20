import { type ConfPlace, quoted } from '../parse/nginx-conf-problem.ts';
import type { Directive } from '../parse/nginx-conf-tree.ts';
import type { Upstream } from '../parse/nginx-conf-upstream.ts';
import { type AuditInput, mainDirective } from './input.ts';
import { type KeepaliveDefault, keepaliveDefault } from './nginx-defaults.ts';
import { byUpstream, type ProxyPlace } from './proxy-place.ts';
import { type InventoryListen, listenInventory } from './sockets.ts';

/** A value as it stands in the configuration, cut to 80 characters; `isDefault`: nginx's own, nothing sets it. */
export interface InventoryValue {
  readonly value: string;
  readonly isDefault: boolean;
}

export interface InventoryUpstream extends ConfPlace {
  readonly name: string;
  readonly module: string;
  /** `round_robin`, `least_conn` … */
  readonly balancing: string;
  readonly servers: number;
  /** Each value that a server has, once; servers of one set share it. */
  readonly weight: readonly number[];
  readonly max_fails: readonly number[];
  readonly fail_timeout_seconds: readonly number[];
  /** Of an upstream block of `http`: keepalive, keepalive_requests, keepalive_timeout. */
  readonly block: Readonly<Record<string, InventoryValue>>;
  /** How many places send to it, and what holds there: each value once. */
  readonly places: number;
  readonly proxy: Readonly<Record<string, readonly InventoryValue[]>>;
}

/** The settings that decide how connections and failures are handled, found or not found wanting. */
export interface Inventory {
  readonly main: Readonly<Record<string, InventoryValue>>;
  readonly listens: readonly InventoryListen[];
  readonly upstreams: readonly InventoryUpstream[];
  readonly caches: readonly (ConfPlace & { readonly directive: string; readonly path: string })[];
}

/** What nginx does without the directive. */
const MAIN: Readonly<Record<string, string>> = {
  worker_processes: '1',
  worker_rlimit_nofile: 'inherited',
  worker_shutdown_timeout: 'none',
};
const EVENTS: Readonly<Record<string, string>> = {
  worker_connections: '512',
  multi_accept: 'off',
  use: 'epoll',
};
const KEEPALIVE: Readonly<Record<KeepaliveDefault, string>> = {
  on: '32',
  off: '0',
  unknown: '0, or 32 since nginx 1.29.7',
};
const BLOCK: Readonly<Record<string, string>> = {
  keepalive_requests: '1000',
  keepalive_timeout: '60s',
};
const PROXY: Readonly<Record<string, string>> = {
  connect_timeout: '60s',
  send_timeout: '60s',
  read_timeout: '60s',
  next_upstream: 'error timeout',
  next_upstream_tries: '0',
  next_upstream_timeout: '0',
  buffering: 'on',
  buffer_size: 'one page',
  buffers: '8 one page',
};

export function readInventory(input: AuditInput): Inventory {
  const { modules, upstreams, proxies } = input;
  const events = mainDirective(input, 'events')?.body ?? [];
  const bodies = modules.flatMap(({ directives }) => directives);
  const places = byUpstream(proxies);
  const usual = keepaliveDefault(input.facts.nginxVersion);
  const blocks = new Map(
    bodies.filter(({ name, kind }) => name === 'upstream' && kind === 'block').map((one) => [placeKey(one), one]),
  );
  return {
    main: {
      ...settingsOf(MAIN, (name) => mainDirective(input, name)),
      ...settingsOf(EVENTS, (name) => events.find((directive) => directive.name === name) ?? null),
    },
    listens: listenInventory(input),
    upstreams: upstreams.upstreams.map((one) => {
      const block = one.module === 'http' && !one.isImplicit ? blocks.get(placeKey(one)) : undefined;
      return upstreamOf(one, places.get(one) ?? [], block === undefined ? {} : blockOf(block, usual));
    }),
    caches: bodies
      .filter(({ name }) => /^\w+_cache_path$/.test(name))
      .map(({ name, args, file, line }) => ({ directive: name, path: bounded(args[0] ?? ''), file, line })),
  };
}

function upstreamOf(
  upstream: Upstream,
  places: readonly ProxyPlace[],
  block: InventoryUpstream['block'],
): InventoryUpstream {
  const { name, module, method, servers, file, line } = upstream;
  const parameters = servers.map((server) => server.parameters);
  return {
    ...{ name: bounded(name), module, balancing: bounded(method), servers: servers.length, file, line },
    weight: once(parameters.map(({ weight }) => weight)),
    max_fails: once(parameters.map(({ maxFails }) => maxFails)),
    fail_timeout_seconds: once(parameters.map(({ failTimeoutSeconds }) => failTimeoutSeconds)),
    block,
    places: places.length,
    proxy: Object.fromEntries(Object.entries(PROXY).map(([one, usual]) => [one, heldAt(places, one, usual)])),
  };
}

function blockOf({ body }: Directive, usual: KeepaliveDefault): InventoryUpstream['block'] {
  const defaults = { keepalive: KEEPALIVE[usual], ...BLOCK };
  return settingsOf(defaults, (name) => body.find((directive) => directive.name === name) ?? null);
}

function heldAt(places: readonly ProxyPlace[], name: string, usual: string): InventoryValue[] {
  const found = new Map<string, InventoryValue>();
  for (const place of places) {
    const one = settingOf(place.get(`${place.prefix}_${name}`), usual);
    found.set(`${one.isDefault} ${one.value}`, one);
  }
  return [...found.values()];
}

function settingsOf(
  defaults: Readonly<Record<string, string>>,
  find: (name: string) => Directive | null,
): Record<string, InventoryValue> {
  return Object.fromEntries(Object.entries(defaults).map(([name, usual]) => [name, settingOf(find(name), usual)]));
}

function settingOf(directive: Directive | null, usual: string): InventoryValue {
  if (directive === null) return { value: usual, isDefault: true };
  return { value: bounded(directive.args.join(' ')), isDefault: false };
}

function once(values: readonly number[]): number[] {
  return [...new Set(values)];
}

function bounded(text: string): string {
  return quoted(text).slice(1, -1);
}

function placeKey({ file, line }: ConfPlace): string {
  return `${file}:${line}`;
}
