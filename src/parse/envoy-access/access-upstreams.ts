import type { PeerAddress } from '../../contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../contract/metrics.ts';
import { Interner } from '../interner.ts';
import { parsePeer } from '../peer.ts';
import type { AccessField } from './access-fields.ts';
import type { EnvoyAccessLine } from './access-line.ts';
import { UpstreamTally } from './upstream-tally.ts';

const INTERNAL = /^envoy:\/\/([^/]*)/;

/** The upstreams that one Envoy's lines name, by host and cluster. Bounded. */
export class AccessUpstreams {
  /** Of what names none, or is beyond the limit. */
  readonly none: UpstreamTally;
  /** Values that had no room since the beginning. */
  overflows = 0;
  readonly #hosts: Interner;
  readonly #clusters: Interner;
  readonly #limit: number;
  readonly #buckets: number;
  readonly #byKey = new Map<number, UpstreamTally>();

  /** `limit`: of hosts, of clusters and of pairs. */
  constructor(limit: number, buckets: number) {
    this.#limit = limit;
    this.#buckets = buckets;
    this.#hosts = new Interner(limit);
    this.#clusters = new Interner(limit);
    this.none = new UpstreamTally(null, UNKNOWN_UPSTREAM, buckets);
  }

  /** The host and cluster of the line. */
  of(line: EnvoyAccessLine): UpstreamTally {
    return this.#tally(this.#idOf(this.#hosts, line, 'upstream_host'), this.#clusterOf(line));
  }

  /** The cluster of the line, and no host. */
  clusterOf(line: EnvoyAccessLine): UpstreamTally {
    return this.#tally(0, this.#clusterOf(line));
  }

  /** Hands over what was counted, and starts again at nothing. */
  drain(visit: (tally: UpstreamTally) => void): void {
    for (const tally of [this.none, ...this.#byKey.values()]) {
      if (!tally.isTouched) continue;
      visit(tally);
      tally.clear();
    }
  }

  #clusterOf(line: EnvoyAccessLine): number {
    return this.#idOf(this.#clusters, line, 'upstream_cluster');
  }

  #idOf(interner: Interner, line: EnvoyAccessLine, field: AccessField): number {
    if (!line.has(field)) return 0;
    const id = interner.idOf(line.buffer, line.start(field), line.end(field));
    if (id === 0) this.overflows++;
    return id;
  }

  #tally(host: number, cluster: number): UpstreamTally {
    if (host === 0 && cluster === 0) return this.none;
    const key = host * (this.#limit + 1) + cluster;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= this.#limit) {
      this.overflows++;
      return this.none;
    }
    const peer = host === 0 ? null : peerOf(this.#hosts.names[host]);
    const name = clusterName(this.#clusters.names[cluster]);
    const upstream = name === '' ? UNKNOWN_UPSTREAM : { ...UNKNOWN_UPSTREAM, upstream: name };
    const tally = new UpstreamTally(peer, upstream, this.#buckets);
    this.#byKey.set(key, tally);
    return tally;
  }
}

/** As `/clusters` names it: Istio ends the name that stands in statistics, and in %UPSTREAM_CLUSTER%, with `;`. */
export function clusterName(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8').replace(/;$/, '');
}

/** %UPSTREAM_HOST%: address and port, a socket's path, or a listener of Envoy's own. */
export function peerOf(text: string): PeerAddress {
  if (text.startsWith('/') || text.startsWith('@')) return { scheme: 'unix', address: text, port: null };
  const internal = INTERNAL.exec(text);
  return internal === null ? parsePeer(text, 'tcp') : { scheme: 'internal', address: internal[1], port: null };
}
