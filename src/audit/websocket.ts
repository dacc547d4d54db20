import type { Directive } from '../parse/nginx-conf-tree.ts';
import type { ProxyPlace } from './proxy-place.ts';

/**
 * What the upstream is told of the connection. `upgrade`: always to switch protocols. `upgradable`: a variable decides.
 * `default`: the header is not set.
 */
export type ConnectionHeader = 'default' | 'empty' | 'close' | 'upgrade' | 'upgradable' | 'other';

export function connectionHeader(place: ProxyPlace): ConnectionHeader {
  const header = place.header('connection');
  if (header === null) return 'default';
  const value = (header.args[1] ?? '').trim().toLowerCase();
  if (value === '') return 'empty';
  if (value.includes('$')) return place.header('upgrade') === null ? 'other' : 'upgradable';
  return value === 'close' || value === 'upgrade' ? value : 'other';
}

/** A place for nothing but WebSockets: it says so itself, not the server or `http` for all. */
export function isWebSocketOnly(place: ProxyPlace): boolean {
  const level = place.levelOf(`${place.prefix}_set_header`)?.name;
  return connectionHeader(place) === 'upgrade' && level !== 'http' && level !== 'server';
}

/** What `map` gives the variable (`$name` or `${name}`) for an empty source: null when no map makes it, or another variable decides. */
export function mappedFromEmpty(maps: readonly Directive[], variable: string): string | null {
  const name = variable.replace(/^\$\{(\w+)\}$/, '$$$1');
  const map = maps.find(({ args }) => args[1] === name);
  if (map === undefined) return null;
  const line = map.body.find(({ name }) => name === '') ?? map.body.find(({ name }) => name === 'default');
  const value = line?.args[0] ?? '';
  return value.includes('$') ? null : value;
}
