import type { Endpoint, EndpointPort, EndpointSlice } from '../contract/endpoint.ts';

/** As the API server makes them: RFC 9562, lower case. */
const UID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const USUAL_NAME = /^[-.0-9a-z]*$/;
const UID_BYTES = 16;
const READY = 1;
const SERVING = 2;
const TERMINATING = 4;
/** Without it the bytes of the uid say nothing. */
const HAS_UID = 8;
/** One byte of flags and the uid. */
const RECORD_BYTES = 1 + UID_BYTES;

/**
 * The same slice in a third of the memory: a cluster has 100,000 endpoints and more, of which hardly any is looked at twice.
 * Its endpoints are made when they are asked for.
 */
export function packSlice(slice: EndpointSlice): EndpointSlice {
  return new PackedSlice(slice);
}

/** The slice that was last asked for its endpoints: it is mostly asked several times in a row. */
let last: { readonly of: PackedSlice; readonly endpoints: readonly Endpoint[] } | undefined;

class PackedSlice implements EndpointSlice {
  readonly key: string;
  readonly service: string;
  readonly addressType: EndpointSlice['addressType'];
  readonly ports: readonly EndpointPort[];
  readonly #ips: readonly string[];
  /** A record of each endpoint, one byte a character. */
  readonly #records: string;
  readonly #names: PackedNames;
  /** Those that are no usual uids; null: there are none. */
  readonly #oddUids: ReadonlyMap<number, string> | null;

  constructor({ key, service, addressType, ports, endpoints }: EndpointSlice) {
    this.key = key;
    this.service = service;
    this.addressType = addressType;
    this.ports = ports;
    this.#ips = endpoints.map(({ ip }) => ip);
    this.#names = new PackedNames(endpoints.map(({ podName }) => podName));
    const odd = new Map<number, string>();
    const records = Buffer.alloc(endpoints.length * RECORD_BYTES);
    for (const [index, { ready, serving, terminating, podUid }] of endpoints.entries()) {
      const at = index * RECORD_BYTES;
      const isUsual = UID.test(podUid);
      if (isUsual) records.write(podUid.replaceAll('-', ''), at + 1, 'hex');
      else if (podUid !== '') odd.set(index, podUid);
      const conditions = (ready ? READY : 0) | (serving ? SERVING : 0) | (terminating ? TERMINATING : 0);
      records[at] = conditions | (isUsual ? HAS_UID : 0);
    }
    this.#records = records.toString('latin1');
    this.#oddUids = odd.size > 0 ? odd : null;
  }

  get endpoints(): readonly Endpoint[] {
    if (last?.of !== this)
      last = { of: this, endpoints: this.#ips.map((ip, index) => new PackedEndpoint(ip, this, index)) };
    return last.endpoints;
  }

  has(index: number, condition: number): boolean {
    return (this.#records.charCodeAt(index * RECORD_BYTES) & condition) !== 0;
  }

  uidOf(index: number): string {
    if (!this.has(index, HAS_UID)) return this.#oddUids?.get(index) ?? '';
    const at = index * RECORD_BYTES + 1;
    const hex = Buffer.from(this.#records.slice(at, at + UID_BYTES), 'latin1').toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  nameOf(index: number): string {
    return this.#names.at(index);
  }
}

/** Pods of one owner have names that begin alike and are equally long. */
class PackedNames {
  readonly #prefix: string;
  readonly #length: number;
  /** What follows the prefix, one behind the other. */
  readonly #rests: string;
  /** When they are of different length, or odd; null otherwise. */
  readonly #names: readonly string[] | null;

  constructor(names: readonly string[]) {
    const [first = ''] = names;
    const isAlike = names.every((name) => name.length === first.length && USUAL_NAME.test(name));
    this.#names = isAlike ? null : names;
    const prefix = isAlike ? prefixOf(names) : '';
    this.#length = first.length - prefix.length;
    const rests = isAlike ? names.map((name) => name.slice(prefix.length)).join('') : '';
    // Parts of a text keep the whole, and a joined one its parts.
    this.#prefix = Buffer.from(prefix).toString();
    this.#rests = Buffer.from(rests).toString();
  }

  at(index: number): string {
    if (this.#names !== null) return this.#names[index];
    return this.#prefix + this.#rests.slice(index * this.#length, (index + 1) * this.#length);
  }
}

function prefixOf(names: readonly string[]): string {
  const [first = ''] = names;
  let { length } = first;
  for (const name of names) while (!name.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}

class PackedEndpoint implements Endpoint {
  readonly ip: string;
  readonly #of: PackedSlice;
  readonly #index: number;

  constructor(ip: string, of: PackedSlice, index: number) {
    this.ip = ip;
    this.#of = of;
    this.#index = index;
  }

  get ready(): boolean {
    return this.#of.has(this.#index, READY);
  }

  get serving(): boolean {
    return this.#of.has(this.#index, SERVING);
  }

  get terminating(): boolean {
    return this.#of.has(this.#index, TERMINATING);
  }

  get podUid(): string {
    return this.#of.uidOf(this.#index);
  }

  get podName(): string {
    return this.#of.nameOf(this.#index);
  }
}
