import type { Verdict } from '../causes/verdict.ts';
import type { Observation, ObservationSink } from '../contract/failure.ts';
import {
  counter,
  gauge,
  histogram,
  type MetricTable,
  type SeriesWriter,
  SUBJECT_LABELS,
  type Subject,
  UNKNOWN_UPSTREAM,
  UPSTREAM_LABELS,
  type UpstreamIdentity,
  type Writers,
} from '../contract/metrics.ts';
import { CAUSES, type Cause, type ProxyKind, type Symptom } from '../contract/names.ts';

export const FAILURE_METRICS = {
  failures: counter(
    'badgateway_failures_total',
    'Failed upstream attempts and 5xx made by the gateway itself, each once, by cause. Attempts are not answers: a retry may have succeeded.',
    [...SUBJECT_LABELS, 'proxy', 'cause', ...UPSTREAM_LABELS],
  ),
  symptoms: counter(
    'badgateway_symptoms_total',
    'What the log or Envoy said, before any verdict; client faults and companion lines included.',
    [...SUBJECT_LABELS, 'proxy', 'symptom'],
  ),
  pending: gauge(
    'badgateway_verdicts_pending',
    'Failures that wait for facts before their cause is said, at most 5 s, or for what the other source says of them (access log beside error log or statistics), at most 20 s (5 minutes where Envoy says that it writes its log so seldom); they are in no cause yet.',
    [],
  ),
  wait: histogram(
    'badgateway_verdict_wait_seconds',
    'From reading failures to the verdict on them.',
    [],
    [0.1, 0.25, 0.5, 1, 2, 5, 10],
  ),
  hurried: counter(
    'badgateway_verdicts_hurried_total',
    'Verdicts said without the facts they waited for, because too many waited.',
    [],
  ),
  ruleErrors: counter(
    'badgateway_cause_rule_errors_total',
    'Times that the rule of a cause failed and was taken for not proved: a bug, please report it.',
    ['cause'],
  ),
} as const satisfies MetricTable;

const NO_LABELS = {};

/** Series of a gateway by the objects that observations share: reading ten labels costs more than all else. */
interface OfGateway {
  readonly proxy: ProxyKind;
  readonly symptoms: Map<Symptom, SeriesWriter>;
  readonly failures: WeakMap<UpstreamIdentity, Map<Cause, SeriesWriter>>;
}

/** Counts every observation as a symptom at once and every failure under its cause when the verdict is said. */
export class FailureAccounts implements ObservationSink {
  readonly #writers: Writers<typeof FAILURE_METRICS>;
  readonly #gateways = new WeakMap<Subject, OfGateway>();

  constructor(writers: Writers<typeof FAILURE_METRICS>) {
    this.#writers = writers;
    writers.wait.create({});
    writers.hurried.inc({}, 0);
    this.publish(0);
  }

  /** Every cause of a watched gateway exists at 0, so that the first failure is a rise that `rate()` sees. */
  present(proxy: ProxyKind, subject: Subject): void {
    for (const cause of CAUSES) {
      this.#writers.failures.inc({ ...subject, proxy, cause, ...UNKNOWN_UPSTREAM }, 0);
    }
  }

  observe({ proxy, subject, symptom, count }: Observation): void {
    if (!(count > 0)) return;
    const { symptoms } = this.#of(proxy, subject);
    let series = symptoms.get(symptom);
    if (series === undefined) {
      series = this.#writers.symptoms.seriesOf({ ...subject, proxy, symptom });
      symptoms.set(symptom, series);
    }
    series.inc(count);
  }

  count({ observation, count, cause, upstream, decidedMs }: Verdict): void {
    const { proxy, subject, atMs, readMs = atMs } = observation;
    const { failures } = this.#of(proxy, subject);
    let causes = failures.get(upstream);
    if (causes === undefined) {
      causes = new Map();
      failures.set(upstream, causes);
    }
    let series = causes.get(cause);
    if (series === undefined) {
      series = this.#writers.failures.seriesOf({ ...subject, proxy, cause, ...upstream });
      causes.set(cause, series);
    }
    series.inc(count);
    // A clock that was set back says nothing about the wait.
    this.#writers.wait.observe(NO_LABELS, Math.max(0, decidedMs - readMs) / 1000);
  }

  hurried(count = 1): void {
    this.#writers.hurried.inc({}, count);
  }

  ruleFailed(cause: Cause): void {
    this.#writers.ruleErrors.inc({ cause });
  }

  #of(proxy: ProxyKind, subject: Subject): OfGateway {
    const known = this.#gateways.get(subject);
    if (known?.proxy === proxy) return known;
    const gateway: OfGateway = { proxy, symptoms: new Map(), failures: new WeakMap() };
    this.#gateways.set(subject, gateway);
    return gateway;
  }

  /** Before every scrape: how many failures wait. */
  publish(pending: number): void {
    this.#writers.pending.set({}, pending);
  }
}
