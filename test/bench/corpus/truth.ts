import type { Kind } from './kinds.ts';

/** Counts by symptom. */
export type BySymptom = Record<string, number>;

/** What a reader of the corpus must find. Every upstream is named as nginx names it, a socket by its path. */
export interface Answer {
  readonly symptoms: BySymptom;
  /** Failed attempts. */
  readonly failures: number;
  /** Failed attempts by upstream (`address:port`, socket path, block name) and symptom. */
  readonly upstreams: Record<string, BySymptom>;
  /** Failed attempts whose line does not tell the upstream. */
  readonly unknown_upstream: BySymptom;
}

export interface Truth extends Answer {
  /** Log lines; a CRI file has more physical lines, because some are split. */
  readonly lines: number;
  readonly bytes: number;
  /** Lines by the kind that made them, to find a disagreement. */
  readonly kinds: Record<string, number>;
}

export function add(counts: BySymptom, key: string, amount: number): void {
  counts[key] = (counts[key] ?? 0) + amount;
}

/** Adds failed attempts to the answer; `upstream` null when unknown. */
export function addFailure(
  answer: Answer,
  upstream: string | null,
  counted: readonly [symptom: string, amount: number],
): void {
  if (upstream !== null) answer.upstreams[upstream] ??= {};
  const counts = upstream === null ? answer.unknown_upstream : answer.upstreams[upstream];
  add(counts, counted[0], counted[1]);
}

/** Collects the truth line by line; the counters are nested maps because 2 M object writes are slow. */
export class Tally {
  readonly #counts = new Map<Kind, Map<string | null, number>>();

  count(kind: Kind, upstream: string | null): void {
    const byUpstream = this.#counts.get(kind) ?? new Map<string | null, number>();
    if (byUpstream.size === 0) this.#counts.set(kind, byUpstream);
    byUpstream.set(upstream, (byUpstream.get(upstream) ?? 0) + 1);
  }

  truth(lines: number, bytes: number): Truth {
    const answer = { symptoms: {}, upstreams: {}, unknown_upstream: {}, failures: 0 };
    const kinds: Record<string, number> = {};
    for (const [kind, byUpstream] of this.#counts) {
      for (const [upstream, amount] of byUpstream) {
        add(kinds, kind.name, amount);
        if (kind.symptom !== null) add(answer.symptoms, kind.symptom, amount);
        if (!kind.failure || kind.symptom === null) continue;
        answer.failures += amount;
        addFailure(answer, upstream, [kind.symptom, amount]);
      }
    }
    return { lines, bytes, ...answer, kinds };
  }
}

/** Every difference between two answers as `what: truth N, got M`; empty when equal. Brackets and `unix:` are spelling. */
export function differences(truth: Answer, got: Answer): string[] {
  const expected = flatten(truth);
  const actual = flatten(got);
  const found: string[] = [];
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const [want, have] = [expected.get(key) ?? 0, actual.get(key) ?? 0];
    if (want !== have) found.push(`${key}: truth ${want}, got ${have}`);
  }
  return found;
}

function flatten(answer: Answer): Map<string, number> {
  const flat = new Map<string, number>([['failures', answer.failures]]);
  for (const [symptom, n] of Object.entries(answer.symptoms)) flat.set(`symptom ${symptom}`, n);
  for (const [symptom, n] of Object.entries(answer.unknown_upstream)) flat.set(`unknown upstream ${symptom}`, n);
  for (const [upstream, counts] of Object.entries(answer.upstreams)) {
    const name = upstream.replace(/^unix:/, '').replaceAll(/[[\]]/g, '');
    for (const [symptom, n] of Object.entries(counts)) flat.set(`${name} ${symptom}`, n);
  }
  return flat;
}
