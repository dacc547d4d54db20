import type { Change } from '../contract/evidence.ts';
import { gatewayKey } from './incident-key.ts';
import type { IncidentRecord } from './incident-record.ts';

/** What was done so long before it began stands in the timeline of an incident. */
const KEPT_MS = 600_000;
const MOST_KEPT = 500;
const LONGEST_TEXT = 300;

/** What somebody did lately. */
export class RecentChanges {
  #changes: Change[] = [];

  add(change: Change): Change {
    const kept = { ...change, text: change.text.slice(0, LONGEST_TEXT) };
    this.#changes.push(kept);
    this.#changes = this.#changes.filter(({ atMs }) => atMs >= change.atMs - KEPT_MS).slice(-MOST_KEPT);
    return kept;
  }

  /** Those that may have to do with the incident. */
  tell(record: IncidentRecord): void {
    for (const change of this.#changes) {
      if (change.atMs >= record.origin.startedMs - KEPT_MS && concerns(change, record)) record.change(change);
    }
  }
}

/** It was done to the gateway, to a Service that fails, or to the node. */
export function concerns({ subject, service }: Change, { origin, services }: IncidentRecord): boolean {
  if (subject !== null && gatewayKey(subject) === gatewayKey(origin)) return true;
  return service === '' ? subject === null : services.has(service);
}
