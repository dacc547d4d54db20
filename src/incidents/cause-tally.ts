import { peerText } from '../causes/index.ts';
import type { Verdict } from '../causes/verdict.ts';
import type { Cause, Symptom } from '../contract/names.ts';
import type { CauseShare } from './incident.ts';
import { LatestTexts } from './latest-texts.ts';
import { Places } from './places.ts';

const SHOWN_PLACES = 20;
const LONGEST_SENTENCE = 500;
/** Of a flood nobody reads more than the latest, and telling sentences apart costs more than counting. */
const MOST_A_SECOND = 20;

/** Failures of one cause within an incident; bounded. */
export class CauseTally {
  readonly cause: Cause;
  count = 0;
  readonly #symptoms = new Map<Symptom, number>();
  readonly #places = new Places();
  readonly #evidence = new LatestTexts(LONGEST_SENTENCE);
  /** Since the epoch, and how many sentences came in it. */
  #second = 0;
  #sentences = 0;

  constructor(cause: Cause) {
    this.cause = cause;
  }

  add({ count, upstream, evidence, observation, decidedMs }: Verdict): void {
    this.#add(observation.symptom, count);
    this.#places.add(upstream, observation.peer === null ? '' : peerText(observation.peer), count);
    const second = Math.floor(decidedMs / 1000);
    if (second !== this.#second) this.#sentences = 0;
    this.#second = second;
    if (this.#sentences >= MOST_A_SECOND) return;
    this.#sentences += evidence.length;
    for (const sentence of evidence) this.#evidence.add(sentence);
  }

  /** Takes what `share` of another incident, or of an earlier run, has counted. */
  absorb({ count, symptoms, upstreams, evidence }: CauseShare): void {
    this.count += count;
    for (const { symptom, count: said } of symptoms)
      this.#symptoms.set(symptom, (this.#symptoms.get(symptom) ?? 0) + said);
    for (const { upstream, peer, count: there } of upstreams) this.#places.add(upstream, peer, there);
    this.#evidence.absorb(evidence);
  }

  /** The most frequent first. */
  get symptoms(): CauseShare['symptoms'] {
    return [...this.#symptoms].map(([symptom, count]) => ({ symptom, count })).sort(byCount);
  }

  share(): CauseShare {
    return {
      ...{ cause: this.cause, count: this.count },
      symptoms: this.symptoms,
      upstreams: this.#places.list().sort(byCount).slice(0, SHOWN_PLACES),
      evidence: this.#evidence.list(),
    };
  }

  #add(symptom: Symptom, count: number): void {
    this.count += count;
    this.#symptoms.set(symptom, (this.#symptoms.get(symptom) ?? 0) + count);
  }
}

function byCount(a: { readonly count: number }, b: { readonly count: number }): number {
  return b.count - a.count;
}
