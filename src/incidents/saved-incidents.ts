import * as z from 'zod';
import { CHANGE_KINDS } from '../contract/evidence.ts';
import { SUBJECT_LABELS, UPSTREAM_LABELS } from '../contract/metrics.ts';
import { CAUSES, PROXIES, SYMPTOMS } from '../contract/names.ts';
import { CONDITIONS } from '../contract/upstream.ts';
import type { Incident } from './incident.ts';
import { IncidentRecord } from './incident-record.ts';

/** Of all incidents together; each save of the checkpoint writes them. */
const MOST_BYTES = 256 * 1024;
const FIRST_ENTRIES = 10;
const LAST_ENTRIES = 20;
const MOST_KEYS = 200;
const LONGEST_NAME = 4096;

/** Made when there is something to restore: most starts need none. */
function createSchema() {
  const text = (longest: number) => z.string().max(longest);
  const labels = <const N extends readonly string[]>(names: N) =>
    z.strictObject(
      Object.fromEntries(names.map((name) => [name, text(LONGEST_NAME)])) as { [K in N[number]]: z.ZodString },
    );
  const count = z.number().min(0);
  const moment = z.number().int().min(0).max(8.64e15);
  const list = <T extends z.ZodType>(of: T, longest: number) => z.array(of).max(longest);

  const incident = z.object({
    id: z.string().regex(/^i[0-9a-f]{12}$/),
    isOpen: z.boolean(),
    startedMs: moment,
    lastMs: moment,
    proxy: z.enum(PROXIES).nullable(),
    gateway: text(LONGEST_NAME),
    namespace: text(LONGEST_NAME),
    subjects: list(labels(SUBJECT_LABELS), 50),
    cause: z.enum(CAUSES).nullable(),
    conditions: list(
      z.object({ condition: z.enum(CONDITIONS), isActive: z.boolean(), sinceMs: moment, evidence: text(2000) }),
      CONDITIONS.length,
    ),
    affected: list(text(LONGEST_NAME), 20),
    failures: count,
    rate: count,
    share: z.number().min(0).max(1).nullable(),
    causes: list(
      z.object({
        cause: z.enum(CAUSES),
        count,
        symptoms: list(z.object({ symptom: z.enum(SYMPTOMS), count }), SYMPTOMS.length),
        upstreams: list(z.object({ upstream: labels(UPSTREAM_LABELS), peer: text(1024), count }), 20),
        evidence: list(text(500), 10),
      }),
      CAUSES.length,
    ),
    timeline: list(
      z.object({ atMs: moment, kind: z.enum(['failures', 'quiet', 'condition', ...CHANGE_KINDS]), text: text(3000) }),
      100,
    ),
    samples: list(text(300), 10),
  });
  return z.object({
    keys: list(text(2 * LONGEST_NAME), MOST_KEYS),
    formerIds: list(text(13), MOST_KEYS),
    incident,
  });
}
type Saved = z.output<ReturnType<typeof createSchema>>;

interface Kept {
  readonly version: number;
  readonly saved: Saved;
  readonly bytes: number;
}

/** Makes the part of the checkpoint; what has not changed is not made again. */
export class SavedIncidents {
  readonly #kept = new WeakMap<IncidentRecord, Kept>();

  /** Open ones first, then the latest, as far as there is room; the oldest stands first. */
  save(records: readonly IncidentRecord[], nowMs: number): Saved[] {
    const byWorth = records.toSorted((a, b) => Number(b.isOpen) - Number(a.isOpen) || b.lastMs - a.lastMs);
    const chosen: Saved[] = [];
    let bytes = 0;
    for (const record of byWorth) {
      const kept = this.#of(record, nowMs);
      bytes += kept.bytes;
      if (bytes > MOST_BYTES) break;
      chosen.push(kept.saved);
    }
    return chosen.sort((a, b) => a.incident.startedMs - b.incident.startedMs);
  }

  #of(record: IncidentRecord, nowMs: number): Kept {
    const known = this.#kept.get(record);
    if (known?.version === record.version) return known;
    const one = {
      keys: [...record.keys].slice(0, MOST_KEYS),
      formerIds: [...record.formerIds].slice(-MOST_KEYS),
      incident: trimmed(record.facts(nowMs)),
    };
    const kept = { version: record.version, saved: one, bytes: JSON.stringify(one).length };
    this.#kept.set(record, kept);
    return kept;
  }
}

/** Takes what `save` gave; what is not understood is left out. */
export function restoredIncidents(from: unknown, nowMs: number): IncidentRecord[] {
  if (!Array.isArray(from) || from.length === 0) return [];
  const schema = createSchema();
  return from.slice(0, 1000).flatMap((one) => {
    const parsed = schema.safeParse(one);
    if (!parsed.success) return [];
    const { keys, formerIds, incident: found } = parsed.data;
    const { id, namespace, gateway, startedMs } = found;
    const record = new IncidentRecord({ id, namespace, gateway, startedMs }, nowMs);
    for (const key of keys) record.keys.add(key);
    for (const former of formerIds) record.formerIds.add(former);
    record.restore({ ...found, requestIds: [], title: '', next: '' });
    return [record];
  });
}

function trimmed({
  subjects,
  causes,
  timeline,
  samples,
  conditions,
  // Of requests: they do not belong on a disk.
  requestIds: _,
  ...rest
}: Omit<Incident, 'title' | 'next'>): Saved['incident'] {
  const entries =
    timeline.length <= FIRST_ENTRIES + LAST_ENTRIES
      ? timeline
      : [...timeline.slice(0, FIRST_ENTRIES), ...timeline.slice(-LAST_ENTRIES)];
  return {
    ...rest,
    affected: [...rest.affected],
    subjects: subjects.slice(0, 10),
    conditions: conditions.map((one) => ({ ...one, evidence: one.evidence.slice(0, 2000) })),
    causes: causes.map(({ symptoms, upstreams, evidence, ...cause }) => ({
      ...cause,
      symptoms: [...symptoms],
      upstreams: upstreams.slice(0, 5),
      evidence: evidence.slice(0, 4),
    })),
    timeline: [...entries],
    samples: samples.slice(0, 4),
  };
}
