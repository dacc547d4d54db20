import { createHash } from 'node:crypto';
import type { UpstreamServer } from './nginx-conf-server.ts';
import type { Directive, NginxConf } from './nginx-conf-tree.ts';
import type { Upstream } from './nginx-conf-upstream.ts';

/** `set`: the same text in whatever order upstreams, servers and blocks stand. `sequence`: the order counts. */
export type CanonicalOrder = 'set' | 'sequence';

const HASH_BYTES = 6;
/** In these blocks nginx goes by names, not by order; the order of `location`s, `map` lines and rewrites matters. */
const UNORDERED = new Set(['', 'http', 'stream', 'mail', 'upstream']);

function arrange(texts: string[], order: CanonicalOrder): string[] {
  return order === 'set' ? texts.sort() : texts;
}

/**
 * Text of the upstreams with their servers and all that decides where a request goes; files, lines, spelling of addresses and
 * written-out defaults do not count.
 */
export function canonicalUpstreams(upstreams: readonly Upstream[], order: CanonicalOrder): string {
  const texts = upstreams.map((upstream) => {
    const { module, name, method, stateFile } = upstream;
    const servers = arrange(upstream.servers.map(canonicalServer), order);
    return JSON.stringify([module, name, method, stateFile, servers]);
  });
  return arrange(texts, order).join('\n');
}

function canonicalServer({ address, parameters }: UpstreamServer): string {
  const { kind, host, port, text } = address;
  const { weight, maxFails, failTimeoutSeconds, maxConns, slowStartSeconds, service, route } = parameters;
  const flags = [parameters.backup, parameters.down, parameters.drain, parameters.resolve].map(Number);
  const name = kind === 'variable' ? text : kind === 'hostname' ? host.toLowerCase() : host;
  return JSON.stringify([
    name,
    port,
    weight,
    maxFails,
    failTimeoutSeconds,
    maxConns,
    slowStartSeconds,
    service,
    route,
    ...flags,
  ]);
}

/**
 * Text of the whole configuration without the `server` lines of its upstreams: when it stays and the upstreams change, only
 * endpoints have changed. Comments, spaces, quotes and how it is spread over files do not count.
 */
export function canonicalConf(conf: NginxConf, order: CanonicalOrder): string {
  return canonicalBody('', conf.directives, order);
}

function canonicalBody(parent: string, body: readonly Directive[], order: CanonicalOrder): string {
  const texts: string[] = [];
  for (const { name, args, kind, body: inner } of body) {
    if (name === 'include' || (parent === 'upstream' && name === 'server')) continue;
    texts.push(JSON.stringify(kind === 'simple' ? [name, args] : [name, args, canonicalBody(name, inner, order)]));
  }
  return (UNORDERED.has(parent) ? arrange(texts, order) : texts).join('\n');
}

/** First 48 bits of SHA-256, which a double holds exactly. */
export function hash48(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, HASH_BYTES);
}
