import type { Verdict } from '../causes/verdict.ts';
import type { ConditionReport } from '../contract/upstream.ts';
import { opensIncident, REASONS, servicesIn, standsTo } from './condition-reasons.ts';
import type { ActiveCondition } from './held-conditions.ts';
import { causeKey, failureKey, serviceOf, subjectKey } from './incident-key.ts';
import type { IncidentRecord } from './incident-record.ts';

export interface DeskOptions {
  readonly create: (key: string, startedMs: number) => IncidentRecord;
  /** `gone` is a part of `into` now. */
  readonly merged: (gone: IncidentRecord, into: IncidentRecord) => void;
  /** There are as many as anybody reads one by one: what fails at further Services is one for each cause. */
  readonly isCrowded: () => boolean;
  /** A new incident, or one that a further Service or cause belongs to: what was done before may explain it. */
  readonly widened: (record: IncidentRecord) => void;
}

/** A state that is over sooner, as while something is reloaded, rolled out or scaled up, and harms no request is no incident. */
const OPEN_AFTER_MS = 15_000;
/** A verdict's failures may have happened over longer when a log is read late. */
const LONGEST_SPAN_MS = 60_000;
/** Services and upstreams that are known to belong to one incident. */
const MOST_KEYS = 2000;
const LONGEST_EVIDENCE = 2000;

/** The open incidents and bad states of one gateway: decides what belongs together. */
export class GatewayDesk {
  readonly #options: DeskOptions;
  /** Several keys may lead to one incident. */
  readonly #open = new Map<string, IncidentRecord>();
  readonly #records = new Set<IncidentRecord>();
  readonly #active = new Map<string, ActiveCondition>();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#records.size === 0 && this.#active.size === 0;
  }

  get size(): number {
    return this.#records.size;
  }

  records(): readonly IncidentRecord[] {
    return [...this.#records];
  }

  verdict(verdict: Verdict, nowMs: number): void {
    const key = failureKey(verdict);
    const record = this.#open.get(key) ?? this.#joinable(verdict) ?? this.#begin(verdict, key);
    this.#file(record, key);
    if (!record.add(verdict)) return;
    this.#options.widened(record);
    this.#attach(record, nowMs);
  }

  condition(report: ConditionReport, nowMs: number): void {
    const { condition, subject, isActive } = report;
    const evidence = report.evidence.slice(0, LONGEST_EVIDENCE);
    const key = `${condition}\xff${subjectKey(subject)}`;
    const before = this.#active.get(key);
    if (isActive !== true) {
      this.#active.delete(key);
      if (before !== undefined) for (const record of this.#records) record.end(before, nowMs);
      return;
    }
    const active = { condition, subject, evidence, sinceMs: before?.sinceMs ?? nowMs };
    this.#active.set(key, active);
    const holders = this.records().filter((record) => record.conditions.isHolding(condition));
    if (before?.evidence !== evidence || holders.length === 0) this.#place(active, nowMs);
    else for (const record of holders) record.confirm(nowMs);
  }

  /** States that have held for long enough become incidents, or join the one that has begun since. */
  look(nowMs: number): void {
    for (const active of this.#active.values())
      if (!this.records().some(({ conditions }) => conditions.isHolding(active.condition))) this.#place(active, nowMs);
  }

  /** Takes an incident of an earlier run. */
  restore(record: IncidentRecord): void {
    this.#records.add(record);
    for (const key of record.keys) this.#open.set(key, record);
  }

  /** It is over, or had to be forgotten. */
  remove(record: IncidentRecord): void {
    this.#records.delete(record);
    for (const key of record.keys) if (this.#open.get(key) === record) this.#open.delete(key);
  }

  /** An incident whose state explains the failures too, or one of a state that had no failure until now. */
  #joinable({ cause, upstream }: Verdict): IncidentRecord | undefined {
    const service = serviceOf(upstream);
    for (const record of this.#records) {
      if (!record.conditions.isActive) continue;
      for (const condition of record.conditions.active()) {
        const relation = standsTo(condition, cause, service);
        if (relation === null) continue;
        if (record.failures === 0 && isOfOne(condition)) return record;
        if (isOfAll(condition) && relation === 'explains' && explainsRoot(condition, record)) return record;
      }
    }
    return undefined;
  }

  /** Puts a state where it belongs: to the failures that it explains or fits, else to the states with the same story. */
  #place(condition: ActiveCondition, nowMs: number): void {
    const failing = this.records().filter(({ failures }) => failures > 0);
    const explained = isOfAll(condition) ? failing.filter((record) => explainsRoot(condition, record)) : [];
    const into = explained.reduce<IncidentRecord | undefined>(
      (one, other) => (one ? this.#merge(one, other) : other),
      undefined,
    );
    const others = failing.filter((record) => !explained.includes(record) && bears(condition, record));
    let touched = into === undefined ? others : [into, ...others];
    const family = familyOf(condition);
    const home = this.#open.get(family);
    if (home !== undefined && !touched.includes(home)) {
      // States of one story are one incident, unless it would tie failures together that have nothing in common.
      if (touched.length === 1 && home.failures === 0) touched = [this.#merge(touched[0], home)];
      else touched.push(home);
    }
    if (touched.length === 0) {
      const hasHeld = nowMs - condition.sinceMs >= OPEN_AFTER_MS;
      if (!hasHeld || !opensIncident(condition.condition)) return;
      touched = [this.#create(family, condition.sinceMs)];
    }
    for (const record of touched) record.begin(condition, nowMs);
    if (!this.#open.has(family)) this.#file(touched[0], family);
    if (failing.length === 0 && home === undefined) this.#options.widened(touched[0]);
  }

  /** What holds already and can be the reason of an incident belongs to it; a state without failures is then told there. */
  #attach(record: IncidentRecord, nowMs: number): void {
    let holder = record;
    for (const condition of this.#active.values()) {
      if (!bears(condition, holder)) continue;
      holder.begin(condition, nowMs);
      const family = familyOf(condition);
      const home = this.#open.get(family);
      if (home === undefined) this.#file(holder, family);
      else if (home !== holder && home.failures === 0 && isCovered(home, holder)) holder = this.#merge(holder, home);
    }
  }

  #begin(verdict: Verdict, key: string): IncidentRecord {
    const its = this.#options.isCrowded() ? causeKey(verdict.cause) : key;
    return this.#open.get(its) ?? this.#create(its, startOf(verdict));
  }

  #create(key: string, startedMs: number): IncidentRecord {
    const record = this.#options.create(key, startedMs);
    this.#records.add(record);
    this.#file(record, key);
    return record;
  }

  #file(record: IncidentRecord, key: string): void {
    if (this.#open.get(key) === record || record.keys.size >= MOST_KEYS) return;
    this.#open.set(key, record);
    record.keys.add(key);
  }

  /** The one that began first stays. */
  #merge(one: IncidentRecord, other: IncidentRecord): IncidentRecord {
    if (one === other) return one;
    const [into, gone] = one.origin.startedMs <= other.origin.startedMs ? [one, other] : [other, one];
    into.absorb(gone);
    this.#records.delete(gone);
    for (const key of gone.keys) this.#open.set(key, into);
    this.#options.merged(gone, into);
    return into;
  }
}

/** Failures that had begun within a flush began with it. */
function startOf({ observation: { sinceMs, atMs } }: Verdict): number {
  return Math.max(sinceMs, atMs - LONGEST_SPAN_MS);
}

function familyOf({ condition }: Pick<ActiveCondition, 'condition'>): string {
  return `family ${REASONS[condition].family}`;
}

type Named = Pick<ActiveCondition, 'condition' | 'evidence'>;

/** It is about the whole gateway, not about some of its Services. */
function isOfAll({ condition }: Named): boolean {
  return condition !== 'no_endpoints';
}

function isOfOne(condition: Named): boolean {
  return isOfAll(condition) || servicesIn(condition.evidence).length === 1;
}

function explainsRoot(condition: Named, { cause, services }: IncidentRecord): boolean {
  return cause !== null && [...services, ''].some((service) => standsTo(condition, cause, service) === 'explains');
}

/** It can be the reason for some of the failures. */
function bears(condition: Named, { causes, services }: IncidentRecord): boolean {
  return [...services, ''].some((service) => causes.some((cause) => standsTo(condition, cause, service) !== null));
}

/** All that holds in `home` is told by `other`. */
function isCovered(home: IncidentRecord, other: IncidentRecord): boolean {
  return home.conditions.active().every(({ condition }) => other.conditions.isHolding(condition));
}
