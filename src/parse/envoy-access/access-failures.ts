import { UNKNOWN_UPSTREAM } from '../../contract/metrics.ts';
import { SYMPTOMS, type Symptom } from '../../contract/names.ts';
import type { EnvoyAccessLine } from './access-line.ts';
import type { AccessVerdict } from './access-verdict.ts';
import { redactedRequest } from './redacted-request.ts';
import { UpstreamTally } from './upstream-tally.ts';

/** Failures of one second are one. */
const SPAN_MS = 1_000;
/** Beyond, moments are not told apart. */
const MOST_KINDS = 10_000;
/** What failed was a service of a filter: the line does not say which cluster that is. */
const UNSAID = new UpstreamTally(null, UNKNOWN_UPSTREAM, 0);
/** Nobody said when. */
const NO_TIME = -1;

/** Equal failures, or equal symptoms of none. */
export interface AccessFailure {
  readonly symptom: Symptom;
  readonly failure: boolean;
  readonly asked: UpstreamTally;
  /** The system's error number; 0: none was said. */
  readonly errno: number;
  /** Answered with 504, and the line does not say why. */
  readonly isTimeout: boolean;
  /** No other source tells of it. */
  readonly isOwn: boolean;
  /** The service that a filter asks failed it. */
  readonly isOfService: boolean;
  /** All of them ended after the one moment and not after the other; null: it is not known when. */
  readonly between: { readonly sinceMs: number; readonly atMs: number } | null;
  readonly count: number;
  /** One of them, redacted; absent of what is no failure. */
  readonly sample?: string;
}

interface Kind {
  readonly symptom: number;
  readonly failure: boolean;
  readonly errno: number;
  readonly isTimeout: boolean;
  readonly isOwn: boolean;
  readonly second: number;
  readonly sample: string | undefined;
  count: number;
}

/** Failures of one Envoy's access log since they were last drained, by upstream, symptom and second. */
export class AccessFailures {
  readonly #kinds = new Map<UpstreamTally, Kind[]>();
  #size = 0;

  /** `verdict` has a symptom. */
  add(line: EnvoyAccessLine, verdict: AccessVerdict, asked: UpstreamTally): void {
    const { symptom, failure, errno, isTimeout, isOwn } = verdict;
    const endMs = line.startMs + line.number('duration');
    const isTold = Number.isFinite(endMs) && this.#size < MOST_KINDS;
    const second = isTold ? Math.floor(endMs / SPAN_MS) : NO_TIME;
    const place = verdict.isOfFilter ? UNSAID : asked;
    const kinds = this.#kinds.get(place) ?? [];
    if (kinds.length === 0) this.#kinds.set(place, kinds);
    const isSame = (one: Kind) =>
      one.second === second &&
      one.symptom === symptom &&
      one.failure === failure &&
      one.errno === errno &&
      one.isTimeout === isTimeout &&
      one.isOwn === isOwn;
    const known = kinds.findLast(isSame);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const sample = failure ? redactedRequest(line, verdict, asked) : undefined;
    kinds.push({ symptom, failure, errno, isTimeout, isOwn, second, sample, count: 1 });
    this.#size++;
  }

  /** Those that say why before those that do not, the earliest first; and starts again at nothing. */
  drain(): AccessFailure[] {
    const all = [...this.#kinds].flatMap(([asked, kinds]) =>
      kinds.map((kind) => ({ asked, isOfService: asked === UNSAID, ...kind })),
    );
    this.#kinds.clear();
    this.#size = 0;
    return all
      .sort((one, other) => Number(isUnsaid(one)) - Number(isUnsaid(other)) || one.second - other.second)
      .map(({ symptom, second, sample, ...kept }) => ({
        ...kept,
        symptom: SYMPTOMS[symptom],
        // A moment on the second belongs to it.
        between: second === NO_TIME ? null : { sinceMs: second * SPAN_MS - 1, atMs: (second + 1) * SPAN_MS },
        ...(sample === undefined ? {} : { sample }),
      }));
  }
}

/** Another source may say what it was: what it says of the others is theirs. */
function isUnsaid({ symptom }: Kind): boolean {
  return SYMPTOMS[symptom] === 'other';
}
