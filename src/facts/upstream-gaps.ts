import { addressText, type ServicePort, type SocketAddress } from './endpoint-states.ts';
import type { GapSink, GapUnknown, ProxyRead, UpstreamUse } from './gap-sink.ts';
import { type Dying, type GapSurroundings, met, resolved, seen, type Used, unseen } from './gap-start.ts';
import { familyOf } from './ip-family.ts';
import { Pending } from './pending.ts';
import type { Transition } from './slice-transitions.ts';

/** A proxy that is told sooner than we are is ahead by no more than this; what is further apart has nothing to do with it. */
export const AHEAD_MS = 60_000;
/** An endpoint that is not taken for so long is left out on purpose (zone, subset). */
export const LONGEST_COMING_MS = 3_600_000;

interface Left {
  readonly address: SocketAddress;
  readonly atMs: number;
}

/** Measures the addresses of one upstream: an entry for each that is used and not ready, or ready and not used. */
export class UpstreamGaps {
  use: UpstreamUse;
  readonly #around: GapSurroundings;
  readonly #sink: (gaps: UpstreamGaps) => GapSink;
  #service: ServicePort | null = null;
  #used: ReadonlyMap<string, Used> = new Map();
  /** Of what is used (`familyOf`). */
  #families = 0;
  #isNew = true;
  readonly #dying: Pending<Dying>;
  /** Ready and not used yet: since when. */
  readonly #coming: Pending<number>;
  /** Dropped by the proxy while it was ready. */
  readonly #left: Pending<Left>;

  constructor(use: UpstreamUse, around: GapSurroundings, sink: (gaps: UpstreamGaps) => GapSink) {
    this.use = use;
    this.#around = around;
    this.#sink = sink;
    this.#dying = new Pending(around.budget);
    this.#coming = new Pending(around.budget);
    this.#left = new Pending(around.budget);
  }

  /** The Service's port that is measured; null when there are no pods' addresses to follow. */
  get service(): ServicePort | null {
    return this.#service;
  }

  /** Nothing is used and nothing waits for a word of the slices. */
  get isOver(): boolean {
    return this.#isNew && this.#left.size === 0;
  }

  change(use: UpstreamUse, read: ProxyRead, at: { isFollowing: boolean; isReturned: boolean }): void {
    const isFirst = this.#isNew;
    const before = this.#used;
    this.#used = this.#read(use, read, isFirst && at.isReturned);
    // Still of what it stood for: it may be the swap to a name that ends a gap.
    if (this.#service !== null)
      for (const [text, used] of before) if (!this.#used.has(text)) this.#went(text, used, read);
    this.use = use;
    this.#isNew = false;
    const service = use.mapped.isStatic ? null : use.mapped.service;
    if (this.#stands(service)) {
      for (const [text, used] of this.#used)
        if (!before.has(text)) this.#came(text, used, read, { isFollowing: at.isFollowing, isFirst });
      return;
    }
    this.#end('remapped');
    this.#service = service;
    if (at.isFollowing) for (const [text, used] of this.#used) this.#meet(text, used, false);
  }

  /** The running proxy does not have the upstream any more; it may come back. */
  drop(read: ProxyRead): void {
    if (this.#service !== null) for (const [text, used] of this.#used) this.#went(text, used, read);
    this.#used = new Map();
    this.#isNew = true;
    this.#coming.clear();
  }

  /** The proxy is out of sight. */
  close(): void {
    this.#end('proxy_gone');
    this.#used = new Map();
    this.#isNew = true;
  }

  transition(transition: Transition): void {
    const nowMs = this.#around.clock.now();
    for (const [text, used] of this.#matching(transition)) {
      if (this.#isLive(used.address)) this.#revived(text, used, nowMs);
      else if (this.#dying.get(text) === undefined) this.#watch(text, seen(nowMs));
    }
    if (transition.port === null) return;
    const address = { ip: transition.ip, port: transition.port };
    const text = addressText(address);
    if (this.#used.has(text)) return;
    if (!transition.isReady) this.#lostUnused(text, nowMs);
    else if (this.#isExpected(text, address) && !this.#coming.set(text, nowMs))
      this.#say.propagationUnknown(this.use, 'too_many');
  }

  /** From now on changes of the slices may be missed. */
  suspend(): void {
    for (const [text, { lostMs, pod }] of this.#dying.entries())
      if (lostMs !== null) this.#dying.set(text, { lostMs: null, reason: 'stale_view', isEarly: false, pod });
    for (const [text] of this.#coming.entries()) {
      this.#coming.take(text);
      this.#say.propagationUnknown(this.use, 'stale_view');
    }
  }

  /** The slices are current again, or for the first time: what changed meanwhile was not seen. */
  resume(): void {
    if (this.#service === null) return;
    for (const [text, { address, atMs }] of this.#left.entries()) {
      if (this.#isLive(address)) continue;
      this.#left.take(text);
      this.#settle(unseen(this.#around, this.#service, address), atMs);
    }
    for (const [text, { address }] of this.#used) {
      if (this.#isLive(address)) this.#dying.take(text);
      else if (this.#dying.get(text) === undefined)
        this.#watch(text, resolved(this.#around, unseen(this.#around, this.#service, address)));
    }
  }

  /** Gives up what has waited long enough, and looks for pods that have become known. */
  sweep(nowMs: number, isFollowing: boolean): void {
    for (const [text, sinceMs] of this.#coming.entries()) {
      if (nowMs - sinceMs <= LONGEST_COMING_MS) continue;
      this.#coming.take(text);
      this.#say.propagationUnknown(this.use, 'not_used');
    }
    if (isFollowing)
      for (const [text, { atMs }] of this.#left.entries()) if (nowMs - atMs > AHEAD_MS) this.#left.take(text);
    for (const [text, dying] of this.#dying.entries())
      if (dying.lostMs === null) this.#dying.set(text, resolved(this.#around, dying));
  }

  get #say(): GapSink {
    return this.#sink(this);
  }

  #read({ addresses }: UpstreamUse, { atMs }: ProxyRead, isReturned: boolean): Map<string, Used> {
    const used = new Map<string, Used>();
    const first = { atMs, isReturned };
    this.#families = 0;
    for (const address of addresses) {
      if (address.isDraining || this.#around.cluster.isOfService(address.ip)) continue;
      const text = addressText(address);
      used.set(text, this.#used.get(text) ?? { address, first });
      this.#families |= familyOf(address.ip);
    }
    return used;
  }

  #stands(service: ServicePort | null): boolean {
    return this.#service?.service === service?.service && this.#service?.portName === service?.portName;
  }

  #isLive(address: SocketAddress): boolean {
    return this.#service !== null && this.#around.cluster.isLive(this.#service, address);
  }

  #matching({ ip, port }: Transition): (readonly [string, Used])[] {
    if (port === null) return [...this.#used].filter(([, { address }]) => address.ip === ip);
    const text = addressText({ ip, port });
    const used = this.#used.get(text);
    return used === undefined ? [] : [[text, used]];
  }

  #watch(text: string, dying: Dying): void {
    if (!this.#dying.set(text, dying)) this.#say.deathGapUnknown(this.use, 'too_many');
  }

  #meet(text: string, used: Used, isEarly: boolean): void {
    if (this.#service !== null && !this.#isLive(used.address))
      this.#watch(text, met(this.#around, this.#service, used, isEarly));
  }

  /** Ready again, or at last. */
  #revived(text: string, { first: { atMs: sinceMs } }: Used, nowMs: number): void {
    const dying = this.#dying.take(text);
    if (dying === undefined) return;
    if (dying.isEarly && nowMs - sinceMs <= AHEAD_MS) this.#say.propagation(this.use, gapOf(sinceMs - nowMs));
    else if (dying.lostMs !== null) this.#say.flap(this.use);
  }

  #lostUnused(text: string, nowMs: number): void {
    const left = this.#left.get(text);
    this.#coming.take(text);
    if (left === undefined || this.#isLive(left.address)) return;
    this.#left.take(text);
    if (nowMs - left.atMs <= AHEAD_MS) this.#say.deathGap(this.use, gapOf(left.atMs - nowMs));
  }

  /** Not of the other family than all that are in use: a proxy with one family was told to. */
  #isExpected(text: string, address: SocketAddress): boolean {
    if (this.#isNew || this.#left.get(text) !== undefined || this.#coming.get(text) !== undefined) return false;
    const families = this.#families;
    const isOnlyOther = families !== 0 && (families & familyOf(address.ip)) === 0;
    return !isOnlyOther && this.#isLive(address);
  }

  #went(text: string, { address }: Used, read: ProxyRead): void {
    const dying = this.#dying.take(text);
    if (this.#around.cluster.isOfService(address.ip)) return;
    if (dying !== undefined) this.#settle(dying, read.atMs, this.#isUnread(read));
    else if (!this.#isUnread(read) && !this.#left.set(text, { address, atMs: read.atMs }))
      this.#say.deathGapUnknown(this.use, 'too_many');
  }

  #came(text: string, used: Used, read: ProxyRead, at: { isFollowing: boolean; isFirst: boolean }): void {
    const left = this.#left.take(text);
    const readyMs = this.#coming.take(text);
    if (!at.isFollowing || this.#service === null) return;
    if (!this.#isLive(used.address)) this.#meet(text, used, !at.isFirst);
    else if (readyMs === undefined) {
      if (left === undefined && !at.isFirst) this.#say.propagationUnknown(this.use, 'not_seen');
    } else if (this.#isUnread(read)) this.#say.propagationUnknown(this.use, 'proxy_not_read');
    else this.#say.propagation(this.use, gapOf(read.atMs - readyMs));
  }

  /** The proxy does not use it any more. */
  #settle(dying: Dying, droppedMs: number, isUnread = false): void {
    const { lostMs, reason } = resolved(this.#around, dying);
    if (lostMs === null) this.#say.deathGapUnknown(this.use, reason);
    else if (isUnread) this.#say.deathGapUnknown(this.use, 'proxy_not_read');
    else this.#say.deathGap(this.use, gapOf(droppedMs - lostMs));
  }

  #isUnread({ atMs, beforeMs }: ProxyRead): boolean {
    return beforeMs !== null && atMs - beforeMs > this.#around.longestReadMs;
  }

  #end(reason: GapUnknown): void {
    for (const [, dying] of this.#dying.entries())
      this.#say.deathGapUnknown(this.use, dying.lostMs === null ? dying.reason : reason);
    for (const _ of this.#coming.entries()) this.#say.propagationUnknown(this.use, reason);
    this.#dying.clear();
    this.#coming.clear();
    this.#left.clear();
  }
}

function gapOf(milliseconds: number): { milliseconds: number; isClamped: boolean } {
  return { milliseconds: Math.max(0, milliseconds), isClamped: milliseconds < 0 };
}
