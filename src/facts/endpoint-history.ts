import type { EndpointSlice } from '../contract/endpoint.ts';
import type { ServicePort } from './endpoint-states.ts';
import { type PastOwner, withOwner } from './past-owners.ts';

/** How long an address is remembered after it was last seen behind a Service. */
export const RETENTION_MS = 3_600_000;
const MOST_ENTRIES = 200_000;
const FIRST_ROOM = 1024;
/** An address that is given to the next pod may be in the last one's slice for a moment yet. */
const SHARED_MS = 10_000;
const SWEEP_EVERY_MS = 60_000;
/** Looking for room goes through all entries. */
const MAKE_ROOM_EVERY_MS = 1_000;
/** When full, so many of those no longer seen go at once, oldest first. */
const EVICTED = 1 / 16;
const NONE = -1;
/** A slice port that stands for all ports. */
const ALL_PORTS = 0;

const NOBODY: readonly PastOwner[] = [];

export interface EndpointHistoryOptions {
  readonly mostEntries?: number;
}

/**
 * Which Services and pods were behind an address, now and up to an hour ago. Columns instead of objects, and fingerprints of
 * pod uids: 100,000 endpoints take about 10 MB beside the slices themselves.
 */
export class EndpointHistory {
  readonly #mostEntries: number;
  /** First entry of an address; the others follow by `#next`. */
  readonly #heads = new Map<string, number>();
  #next = new Int32Array(FIRST_ROOM);
  #ports = new Uint16Array(FIRST_ROOM);
  /** Two fingerprints of the pod's uid; both 0 when there is no pod. */
  #uids = new Int32Array(FIRST_ROOM * 2);
  /** How many slices have it now. */
  #uses = new Uint16Array(FIRST_ROOM);
  /** When it was first seen, seconds since the epoch. */
  #firstSeen = new Uint32Array(FIRST_ROOM);
  /** When the last slice that had it went, milliseconds since the epoch. */
  #lastSeenMs = new Float64Array(FIRST_ROOM);
  /** Undefined: the place is free. */
  readonly #owners: (ServicePort | undefined)[] = [];
  readonly #ips: string[] = [];
  readonly #free: number[] = [];
  #sweptMs = Number.NEGATIVE_INFINITY;
  #madeRoomMs = Number.NEGATIVE_INFINITY;
  #dropped = 0;

  constructor({ mostEntries = MOST_ENTRIES }: EndpointHistoryOptions = {}) {
    this.#mostEntries = mostEntries;
  }

  get size(): number {
    return this.#owners.length - this.#free.length;
  }

  /** Entries that were not kept, or not for as long as they should be, because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A slice was written over, is new (`before` null) or gone (`after` null). Costs as much as both are long. */
  change(before: EndpointSlice | null, after: EndpointSlice | null, nowMs: number): void {
    if (Math.abs(nowMs - this.#sweptMs) >= SWEEP_EVERY_MS) this.#sweep(nowMs);
    // The new one first: what both have is never unseen in between.
    if (after !== null) this.#enter(after, nowMs);
    if (before !== null) this.#leave(before, nowMs);
  }

  /** Was this pod behind the Service at this address, now or less than an hour (and a minute) ago? */
  wasOwner(service: string, ip: string, podUid: string): boolean {
    if (podUid === '') return false;
    const [uidA, uidB] = uidOf(podUid);
    for (let at = this.#heads.get(ip) ?? NONE; at !== NONE; at = this.#next[at])
      if (this.#uids[at * 2] === uidA && this.#uids[at * 2 + 1] === uidB && this.#owners[at]!.service === service)
        return true;
    return false;
  }

  /** Did this pod, of whatever Service, have the address together with another pod for a while? Those on the host network do. */
  isShared(ip: string, podUid: string): boolean {
    const [uidA, uidB] = uidOf(podUid);
    const isIts = (at: number) => this.#uids[at * 2] === uidA && this.#uids[at * 2 + 1] === uidB;
    const all: number[] = [];
    for (let at = this.#heads.get(ip) ?? NONE; at !== NONE; at = this.#next[at]) if (this.#hasPod(at)) all.push(at);
    return all.some(
      (its) => isIts(its) && all.some((other) => !isIts(other) && this.#overlapMs(its, other) >= SHARED_MS),
    );
  }

  /** The ports of Services that the address is or was behind, each once. */
  servicesOf(ip: string, port: number, nowMs: number): readonly PastOwner[] {
    let found = NOBODY;
    for (let at = this.#heads.get(ip) ?? NONE; at !== NONE; at = this.#next[at]) {
      const known = this.#ports[at];
      if ((known !== port && known !== ALL_PORTS) || this.#isOver(at, nowMs)) continue;
      found = withOwner(found, this.#owners[at]!, this.#uses[at] > 0);
    }
    return found;
  }

  /** When the last slice that had the address behind this port of the Service went; null: one still has it, or none ever had. */
  goneMs(ip: string, port: number, { service, portName }: ServicePort): number | null {
    let lastMs: number | null = null;
    for (let at = this.#heads.get(ip) ?? NONE; at !== NONE; at = this.#next[at]) {
      const owner = this.#owners[at]!;
      const isIts = this.#ports[at] === port || this.#ports[at] === ALL_PORTS;
      if (!isIts || owner.service !== service || owner.portName !== portName) continue;
      if (this.#uses[at] > 0) return null;
      lastMs = Math.max(lastMs ?? 0, this.#lastSeenMs[at]);
    }
    return lastMs;
  }

  #enter({ service, ports, endpoints }: EndpointSlice, nowMs: number): void {
    for (const { name, number } of ports) {
      const owner: ServicePort = { service, portName: name };
      for (const { ip, podUid } of endpoints) {
        const uid = uidOf(podUid);
        let at = this.#find(ip, owner, number ?? ALL_PORTS, uid);
        if (at === NONE) at = this.#add(ip, owner, number ?? ALL_PORTS, uid, nowMs);
        if (at !== NONE) this.#uses[at]++;
      }
    }
  }

  #leave({ service, ports, endpoints }: EndpointSlice, nowMs: number): void {
    for (const { name, number } of ports) {
      const owner: ServicePort = { service, portName: name };
      for (const { ip, podUid } of endpoints) {
        const at = this.#find(ip, owner, number ?? ALL_PORTS, uidOf(podUid));
        if (at === NONE || this.#uses[at] === 0) continue;
        this.#uses[at]--;
        this.#lastSeenMs[at] = nowMs;
      }
    }
  }

  #find(ip: string, owner: ServicePort, port: number, [uidA, uidB]: readonly [number, number]): number {
    for (let at = this.#heads.get(ip) ?? NONE; at !== NONE; at = this.#next[at]) {
      if (this.#ports[at] !== port || this.#uids[at * 2] !== uidA || this.#uids[at * 2 + 1] !== uidB) continue;
      const known = this.#owners[at]!;
      if (known.service === owner.service && known.portName === owner.portName) return at;
    }
    return NONE;
  }

  #add(ip: string, owner: ServicePort, port: number, uid: readonly [number, number], nowMs: number): number {
    if (this.size >= this.#mostEntries && !this.#makeRoom(nowMs)) {
      this.#dropped++;
      return NONE;
    }
    const at = this.#free.pop() ?? this.#owners.length;
    if (at >= this.#next.length) this.#grow();
    this.#next[at] = this.#heads.get(ip) ?? NONE;
    this.#heads.set(ip, at);
    this.#ports[at] = port;
    this.#uids.set(uid, at * 2);
    this.#uses[at] = 0;
    this.#firstSeen[at] = Math.ceil(nowMs / 1_000);
    this.#lastSeenMs[at] = nowMs;
    this.#owners[at] = owner;
    this.#ips[at] = ip;
    return at;
  }

  #grow(): void {
    const room = this.#next.length * 2;
    const larger = <T extends Int32Array | Uint32Array | Uint16Array | Float64Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#next = larger(new Int32Array(room), this.#next);
    this.#ports = larger(new Uint16Array(room), this.#ports);
    this.#uids = larger(new Int32Array(room * 2), this.#uids);
    this.#uses = larger(new Uint16Array(room), this.#uses);
    this.#firstSeen = larger(new Uint32Array(room), this.#firstSeen);
    this.#lastSeenMs = larger(new Float64Array(room), this.#lastSeenMs);
  }

  #hasPod(at: number): boolean {
    return this.#uids[at * 2] !== 0 || this.#uids[at * 2 + 1] !== 0;
  }

  /** For how long a slice had the one while another had the other, as far as that is over. */
  #overlapMs(one: number, other: number): number {
    const untilMs = (at: number) => (this.#uses[at] > 0 ? Number.POSITIVE_INFINITY : this.#lastSeenMs[at]);
    return Math.min(untilMs(one), untilMs(other)) - Math.max(this.#firstSeen[one], this.#firstSeen[other]) * 1_000;
  }

  #isOver(at: number, nowMs: number): boolean {
    return this.#uses[at] === 0 && nowMs - this.#lastSeenMs[at] > RETENTION_MS;
  }

  #sweep(nowMs: number): void {
    this.#sweptMs = nowMs;
    for (let at = 0; at < this.#owners.length; at++)
      if (this.#owners[at] !== undefined && this.#isOver(at, nowMs)) this.#remove(at);
  }

  #makeRoom(nowMs: number): boolean {
    if (Math.abs(nowMs - this.#madeRoomMs) < MAKE_ROOM_EVERY_MS) return false;
    this.#madeRoomMs = nowMs;
    this.#sweep(nowMs);
    if (this.size < this.#mostEntries) return true;
    const unseen: number[] = [];
    for (let at = 0; at < this.#owners.length; at++)
      if (this.#owners[at] !== undefined && this.#uses[at] === 0) unseen.push(at);
    unseen.sort((a, b) => this.#lastSeenMs[a] - this.#lastSeenMs[b]);
    const evicted = unseen.slice(0, Math.ceil(this.#mostEntries * EVICTED));
    for (const at of evicted) this.#remove(at);
    this.#dropped += evicted.length;
    return evicted.length > 0;
  }

  #remove(at: number): void {
    const ip = this.#ips[at];
    const head = this.#heads.get(ip)!;
    if (head !== at) {
      let before = head;
      while (this.#next[before] !== at) before = this.#next[before];
      this.#next[before] = this.#next[at];
    } else if (this.#next[at] === NONE) this.#heads.delete(ip);
    else this.#heads.set(ip, this.#next[at]);
    this.#owners[at] = undefined;
    this.#ips[at] = '';
    this.#free.push(at);
  }
}

/** Two hashes that differ in start and factor: two uids are never taken for one in practice. */
function uidOf(podUid: string): readonly [number, number] {
  return podUid === '' ? [0, 0] : [fingerprint(podUid), fingerprint(podUid, 0x9e3779b1, 0x5bd1e995)];
}

/** 32-bit FNV-1a over UTF-16 units, unless another start and factor are given. */
export function fingerprint(text: string, start = 0x811c9dc5, factor = 0x01000193): number {
  let hash = start | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), factor);
  return hash ^ (hash >>> 15);
}
