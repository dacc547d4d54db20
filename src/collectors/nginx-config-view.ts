import type { ServerInUse, ServerKind, UpstreamInUse } from '../contract/upstream.ts';
import { canonicalUpstreams, hash48 } from '../parse/nginx-conf-canonical.ts';
import type { UpstreamServer } from '../parse/nginx-conf-server.ts';
import { detached } from '../parse/nginx-conf-tree.ts';
import type { Upstream } from '../parse/nginx-conf-upstream.ts';
import { readStateFile } from '../parse/nginx-conf-upstreams.ts';
import { isBeingWritten, isJustEmptied } from '../sources/emptied-file.ts';
import type { FileStamp, HostFiles } from '../sources/nginx-discovery-files.ts';

const MAX_STATE_BYTES = 4 << 20;

export interface UpstreamsInUse {
  readonly upstreams: readonly UpstreamInUse[];
  /** 48 bits; order does not count. */
  readonly hash: number;
  /** Upstreams left out, because their `state` file cannot be read. */
  readonly unreadable: number;
}

interface State {
  readonly stamp: FileStamp;
  readonly servers: readonly UpstreamServer[];
}

/**
 * The upstreams of a configuration as the proxy uses them: with the servers that NGINX Plus keeps in `state` files. What has
 * not changed since the last call is the same object.
 */
export class UpstreamsView {
  readonly #host: HostFiles;
  #states = new Map<string, State>();
  #from: readonly Upstream[] | null = null;
  #last: UpstreamsInUse = { upstreams: [], hash: 0, unreadable: 0 };

  constructor(host: HostFiles) {
    this.#host = host;
  }

  of(upstreams: UpstreamsInUse | readonly Upstream[]): UpstreamsInUse {
    return 'hash' in upstreams ? upstreams : this.#withStates(upstreams);
  }

  #withStates(upstreams: readonly Upstream[]): UpstreamsInUse {
    const isChanged = this.#readStates(upstreams);
    if (!isChanged && this.#from === upstreams) return this.#last;
    const inUse = upstreams.flatMap((upstream) => this.#withState(upstream) ?? []);
    this.#from = upstreams;
    this.#last = { ...upstreamsInUse(inUse), unreadable: upstreams.length - inUse.length };
    return this.#last;
  }

  #withState(upstream: Upstream): Upstream | null {
    if (upstream.stateFile === null) return upstream;
    const state = this.#states.get(upstream.stateFile);
    return state === undefined ? null : { ...upstream, servers: state.servers };
  }

  #readStates(upstreams: readonly Upstream[]): boolean {
    const states = new Map<string, State>();
    let isChanged = false;
    for (const { stateFile } of upstreams) {
      // A relative one is in a compiled-in directory.
      if (stateFile === null || !stateFile.startsWith('/') || states.has(stateFile)) continue;
      const known = this.#states.get(stateFile);
      const isSame = known !== undefined && this.#host.stamp(stateFile)?.identity === known.stamp.identity;
      const state = isSame ? known : readState(this.#host, stateFile, known);
      isChanged ||= state !== known;
      if (state !== undefined) states.set(stateFile, state);
    }
    this.#states = states;
    return isChanged;
  }
}

/** What was known while the file is being written: it is empty then, and the proxy's upstream is not. */
function readState(host: HostFiles, path: string, known: State | undefined): State | undefined {
  try {
    const { text, stamp } = host.read(path, MAX_STATE_BYTES);
    if (isBeingWritten(known?.stamp, stamp) || isJustEmptied(stamp, Date.now())) return known;
    return { stamp, servers: readStateFile({ path, text }).servers };
  } catch {
    // Not there, not permitted, or just being written: unknown is not empty.
    return undefined;
  }
}

/** With the servers that they are given here. */
export function upstreamsInUse(upstreams: readonly Upstream[]): UpstreamsInUse {
  const hash = hash48(canonicalUpstreams(upstreams, 'set'));
  return { upstreams: toUpstreamsInUse(upstreams), hash, unreadable: 0 };
}

/** nginx tells an upstream of `http` from one of the same name in `stream`; a view has each name once. */
function toUpstreamsInUse(upstreams: readonly Upstream[]): UpstreamInUse[] {
  const names = new Set<string>();
  return upstreams.map(({ name, module, servers, keepalive }) => {
    const unique = names.has(name) ? `${module}:${name}` : name;
    names.add(unique);
    const inUse = { name: unique, alias: '', servers: servers.map(toServerInUse) };
    return keepalive === null || keepalive === 0 ? inUse : { ...inUse, keepalive };
  });
}

function toServerInUse(server: UpstreamServer, _: number, all: readonly UpstreamServer[]): ServerInUse {
  return new ConfiguredServer(server, all.length === 1);
}

/** Its place is put together when somebody asks: of thousands the texts were a third of what is known of them. */
class ConfiguredServer implements ServerInUse {
  readonly kind: ServerKind;
  readonly host: string;
  readonly port: number | null;
  readonly isDraining: boolean;
  readonly isNeverTakenOut: boolean;
  readonly #file: string;
  readonly #line: number;

  constructor({ address, parameters, file, line }: UpstreamServer, isOnly: boolean) {
    // A name may stand for several addresses, and a unix socket or an address for one.
    const isAlone = isOnly && (address.kind === 'ip' || address.kind === 'unix');
    this.kind = address.kind;
    this.host = address.kind === 'ip' ? address.host : detached(address.host);
    this.port = address.port;
    this.isDraining = parameters.down || parameters.drain;
    this.isNeverTakenOut = isAlone || parameters.maxFails === 0;
    this.#file = file;
    this.#line = line;
  }

  get place(): string {
    return `${this.#file}:${this.#line}`;
  }
}
