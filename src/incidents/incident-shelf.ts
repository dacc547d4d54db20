import type { IncidentRecord } from './incident-record.ts';

const MOST_INCIDENTS = 200;

/** All incidents that are remembered, the oldest first; bounded. */
export class IncidentShelf {
  readonly #records = new Map<string, IncidentRecord>();
  /** Forgotten for want of room. */
  dropped = 0;

  get size(): number {
    return this.#records.size;
  }

  /** Returns the one that had to go: closed ones before open ones, identified ones before those that nobody has explained. */
  put(record: IncidentRecord): IncidentRecord | undefined {
    this.#records.set(record.origin.id, record);
    if (this.#records.size <= MOST_INCIDENTS) return undefined;
    let victim: IncidentRecord | undefined;
    for (const other of this.#records.values())
      if (other !== record && (victim === undefined || isWorthLess(other, victim))) victim = other;
    if (victim === undefined) return undefined;
    this.remove(victim);
    this.dropped++;
    return victim;
  }

  remove({ origin }: IncidentRecord): void {
    this.#records.delete(origin.id);
  }

  /** Also by the id of an incident that has become a part of it. */
  get(id: string): IncidentRecord | undefined {
    return this.#records.get(id) ?? this.all().find(({ formerIds }) => formerIds.has(id));
  }

  all(): IncidentRecord[] {
    return [...this.#records.values()];
  }
}

function isWorthLess(one: IncidentRecord, other: IncidentRecord): boolean {
  if (one.isOpen !== other.isOpen) return !one.isOpen;
  if (one.isUnidentified !== other.isUnidentified) return other.isUnidentified;
  return one.lastMs < other.lastMs;
}
