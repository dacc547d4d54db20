import type { Verdict } from '../causes/verdict.ts';
import type { Observation, ObservationSink } from '../contract/failure.ts';
import {
  counter,
  gauge,
  histogram,
  type MetricTable,
  SUBJECT_LABELS,
  type Subject,
  UNKNOWN_UPSTREAM,
  UPSTREAM_LABELS,
  type Writers,
} from '../contract/metrics.ts';
import { CAUSES, type Cause, type ProxyKind } from '../contract/names.ts';

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
    'Failures that wait for facts before their cause is said, at most 5 s; they are in no cause yet.',
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

/** Counts every observation as a symptom at once and every failure under its cause when the verdict is said. */
export class FailureAccounts implements ObservationSink {
  readonly #writers: Writers<typeof FAILURE_METRICS>;

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
    if (count > 0) this.#writers.symptoms.inc({ ...subject, proxy, symptom }, count);
  }

  count({ observation, count, cause, upstream, decidedMs }: Verdict): void {
    const { proxy, subject, atMs } = observation;
    this.#writers.failures.inc({ ...subject, proxy, cause, ...upstream }, count);
    // A clock that was set back says nothing about the wait.
    this.#writers.wait.observe({}, Math.max(0, decidedMs - atMs) / 1000);
  }

  hurried(): void {
    this.#writers.hurried.inc({});
  }

  ruleFailed(cause: Cause): void {
    this.#writers.ruleErrors.inc({ cause });
  }

  /** Before every scrape: how many failures wait. */
  publish(pending: number): void {
    this.#writers.pending.set({}, pending);
  }
}
