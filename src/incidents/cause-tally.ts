import { peerText } from '../causes/index.ts';
import type { Verdict } from '../causes/verdict.ts';
import type { UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause, Symptom } from '../contract/names.ts';
import type { CauseShare } from './incident.ts';
import { LatestTexts } from './latest-texts.ts';

const MOST_PLACES = 400;
const SHOWN_PLACES = 20;
const LONGEST_SENTENCE = 500;

interface Place {
  readonly upstream: UpstreamIdentity;
  readonly peer: string;
  count: number;
}

/** Failures of one cause within an incident; bounded: the places with the fewest are forgotten first. */
export class CauseTally {
  readonly cause: Cause;
  count = 0;
  readonly #symptoms = new Map<Symptom, number>();
  #places = new Map<string, Place>();
  readonly #evidence = new LatestTexts(LONGEST_SENTENCE);

  constructor(cause: Cause) {
    this.cause = cause;
  }

  add({ count, upstream, evidence, observation }: Verdict): void {
    this.#add(observation.symptom, count);
    this.#addPlace(upstream, observation.peer === null ? '' : peerText(observation.peer), count);
    for (const sentence of evidence) this.#evidence.add(sentence);
  }

  /** Takes what `share` of another incident, or of an earlier run, has counted. */
  absorb({ count, symptoms, upstreams, evidence }: CauseShare): void {
    this.count += count;
    for (const { symptom, count: said } of symptoms)
      this.#symptoms.set(symptom, (this.#symptoms.get(symptom) ?? 0) + said);
    for (const { upstream, peer, count: there } of upstreams) this.#addPlace(upstream, peer, there);
    this.#evidence.absorb(evidence);
  }

  share(): CauseShare {
    const symptoms = [...this.#symptoms].map(([symptom, count]) => ({ symptom, count }));
    const upstreams = [...this.#places.values()].map((place) => ({ ...place }));
    return {
      ...{ cause: this.cause, count: this.count },
      symptoms: symptoms.sort(byCount),
      upstreams: upstreams.sort(byCount).slice(0, SHOWN_PLACES),
      evidence: this.#evidence.list(),
    };
  }

  #add(symptom: Symptom, count: number): void {
    this.count += count;
    this.#symptoms.set(symptom, (this.#symptoms.get(symptom) ?? 0) + count);
  }

  #addPlace(upstream: UpstreamIdentity, peer: string, count: number): void {
    const { upstream: name, upstream_namespace, upstream_service, upstream_port } = upstream;
    const key = `${name}\xff${upstream_namespace}\xff${upstream_service}\xff${upstream_port}\xff${peer}`;
    const known = this.#places.get(key);
    if (known !== undefined) {
      known.count += count;
      return;
    }
    if (this.#places.size >= MOST_PLACES) {
      const most = [...this.#places].sort(([, a], [, b]) => b.count - a.count).slice(0, MOST_PLACES / 2);
      this.#places = new Map(most);
    }
    this.#places.set(key, { upstream, peer, count });
  }
}

function byCount(a: { readonly count: number }, b: { readonly count: number }): number {
  return b.count - a.count;
}
