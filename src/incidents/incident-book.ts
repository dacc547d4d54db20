import { createHash } from 'node:crypto';
import type { Verdict } from '../causes/verdict.ts';
import type { Change } from '../contract/evidence.ts';
import type { Subject } from '../contract/metrics.ts';
import type { Cause } from '../contract/names.ts';
import type { Clock, Persistent } from '../contract/unit.ts';
import type { ConditionReport, ConditionSink } from '../contract/upstream.ts';
import { GatewayDesk } from './gateway-desk.ts';
import type { Incident, IncidentQuery } from './incident.ts';
import { gatewayKey } from './incident-key.ts';
import { IncidentRecord, type Origin, type RequestsOf } from './incident-record.ts';
import { IncidentShelf } from './incident-shelf.ts';
import { concerns, RecentChanges } from './recent-changes.ts';
import { adviceOf, staleTimes } from './repeated.ts';
import { restoredIncidents, SavedIncidents } from './saved-incidents.ts';

const DEFAULT_LIMIT = 100;
/** With so many open ones the page is full; each of thousands of Services would push out another one. */
const CROWD = 100;

export interface OpenIncident {
  readonly namespace: string;
  readonly gateway: string;
  readonly cause: Cause | null;
}

export interface IncidentBookOptions {
  readonly clock: Clock;
  readonly requestsOf: RequestsOf;
  /** An incident begins; its root cause as far as it is known then. */
  readonly onOpened?: (incident: OpenIncident) => void;
  /** One was forgotten for want of room. */
  readonly onDropped?: () => void;
}

export interface IncidentList {
  /** Open ones first, those with most failures in the last minute before all; then the latest. */
  readonly incidents: readonly Incident[];
  /** How many there are for the query, also beyond its limit. */
  readonly total: number;
  /** Forgotten since the start, for want of room. */
  readonly dropped: number;
}

export type IncidentListener = (incident: Incident) => void;

/** Groups failures, bad states and what somebody did into incidents. `look` every second lets time pass. */
export class IncidentBook implements ConditionSink, Persistent {
  readonly #options: IncidentBookOptions;
  readonly #shelf = new IncidentShelf();
  readonly #desks = new Map<string, GatewayDesk>();
  /** The desk of the last verdict: they come gateway by gateway. */
  #last: { readonly of: Subject; readonly desk: GatewayDesk } | undefined;
  readonly #changes = new RecentChanges();
  readonly #saved = new SavedIncidents();
  readonly #listeners = new Set<IncidentListener>();
  readonly #told = new WeakMap<IncidentRecord, number>();
  #opened: IncidentRecord[] = [];

  constructor(options: IncidentBookOptions) {
    this.#options = options;
  }

  verdict(verdict: Verdict): void {
    if (verdict.count <= 0) return;
    const { subject } = verdict.observation;
    if (this.#last?.of !== subject) this.#last = { of: subject, desk: this.#deskOf(subject) };
    this.#last.desk.verdict(verdict, this.#now());
    this.#tellOpened();
  }

  /** Every word on a condition, also the same again. */
  condition(report: ConditionReport): void {
    // A gateway of which nothing bad is known needs no memory.
    if (report.isActive !== true && !this.#desks.has(gatewayKey(report.subject))) return;
    this.#deskOf(report.subject).condition(report, this.#now());
    this.#tellOpened();
  }

  change(change: Change): void {
    const kept = this.#changes.add(change);
    for (const record of this.#shelf.all()) if (record.isOpen && concerns(kept, record)) record.change(kept);
  }

  /** Closes what is over and tells listeners what has changed. */
  look(): void {
    const nowMs = this.#now();
    for (const [key, desk] of this.#desks) {
      for (const record of desk.records()) {
        record.look(nowMs, this.#options.requestsOf);
        if (!record.isOpen) desk.remove(record);
      }
      desk.look(nowMs);
      if (desk.isIdle) this.#desks.delete(key);
    }
    this.#last = undefined;
    this.#tellOpened();
    if (this.#listeners.size === 0) return;
    const changed = this.#shelf.all().filter((record) => this.#told.get(record) !== record.version);
    for (const record of changed) this.#told.set(record, record.version);
    for (const incident of this.#render(changed, nowMs)) for (const listener of this.#listeners) listener(incident);
  }

  /** Hears of every incident that is new or has changed, at most once per `look`. Returns what ends it. */
  onChange(listener: IncidentListener): () => void {
    if (this.#listeners.size === 0) for (const record of this.#shelf.all()) this.#told.set(record, record.version);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  list({ limit = DEFAULT_LIMIT, sinceMs = 0 }: IncidentQuery = {}): IncidentList {
    const nowMs = this.#now();
    const found = this.#shelf
      .all()
      .filter((record) => record.lastMs >= sinceMs || record.conditions.isActive)
      .map((record) => ({ record, rate: record.rate(nowMs) }))
      .sort((a, b) => rank(a, b));
    const shown = found.slice(0, limit).map(({ record }) => record);
    const incidents = this.#render(shown, nowMs);
    return { incidents, total: found.length, dropped: this.#shelf.dropped };
  }

  /** Also by the id of an incident that turned out to be a part of another one. */
  get(id: string): Incident | undefined {
    const record = this.#shelf.get(id);
    return record && this.#render([record], this.#now())[0];
  }

  open(): OpenIncident[] {
    return this.#shelf
      .all()
      .filter(({ isOpen }) => isOpen)
      .map(summary);
  }

  save(): unknown {
    return this.#saved.save(this.#shelf.all(), this.#now());
  }

  restore(from: unknown): void {
    for (const record of restoredIncidents(from, this.#now())) {
      if (this.#shelf.get(record.origin.id) !== undefined) continue;
      this.#put(record);
      if (record.isOpen) this.#deskOf(record.origin).restore(record);
    }
  }

  #render(records: readonly IncidentRecord[], nowMs: number): Incident[] {
    if (records.length === 0) return [];
    const times = staleTimes(this.#shelf.all());
    return records.map((record) => {
      const incident = record.render(nowMs);
      const advice = adviceOf(record, times);
      return advice === '' ? incident : { ...incident, next: `${incident.next} ${advice}` };
    });
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #deskOf(of: Pick<Origin, 'namespace' | 'gateway'>): GatewayDesk {
    const key = gatewayKey(of);
    const known = this.#desks.get(key);
    if (known !== undefined) return known;
    const { namespace, gateway } = of;
    const desk = new GatewayDesk({
      create: (failureKey, startedMs) => this.#create({ namespace, gateway }, failureKey, startedMs),
      merged: (gone) => this.#shelf.remove(gone),
      isCrowded: () => this.#countOpen() >= CROWD,
      widened: (record) => this.#changes.tell(record),
    });
    this.#desks.set(key, desk);
    return desk;
  }

  #countOpen(): number {
    let open = 0;
    for (const { size } of this.#desks.values()) open += size;
    return open;
  }

  #create(of: Pick<Origin, 'namespace' | 'gateway'>, key: string, startedMs: number): IncidentRecord {
    const id = idOf([of.namespace, of.gateway, key, startedMs]);
    const record = new IncidentRecord({ ...of, id, startedMs }, this.#now());
    this.#put(record);
    this.#opened.push(record);
    return record;
  }

  #put(record: IncidentRecord): void {
    const victim = this.#shelf.put(record);
    if (victim === undefined) return;
    this.#desks.get(gatewayKey(victim.origin))?.remove(victim);
    this.#options.onDropped?.();
  }

  /** Only now they have a cause. */
  #tellOpened(): void {
    if (this.#opened.length === 0) return;
    const opened = this.#opened;
    this.#opened = [];
    for (const record of opened) this.#options.onOpened?.(summary(record));
  }
}

interface Ranked {
  readonly record: IncidentRecord;
  readonly rate: number;
}

function rank(a: Ranked, b: Ranked): number {
  return Number(b.record.isOpen) - Number(a.record.isOpen) || b.rate - a.rate || b.record.lastMs - a.record.lastMs;
}

function summary({ origin: { namespace, gateway }, cause }: IncidentRecord): OpenIncident {
  return { namespace, gateway, cause };
}

function idOf(parts: readonly (string | number)[]): string {
  return `i${createHash('sha256').update(parts.join('\xff')).digest('hex').slice(0, 12)}`;
}
