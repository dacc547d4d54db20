import type { Observation, ObservationSink } from '../contract/failure.ts';
import {
  counter,
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
} as const satisfies MetricTable;

/** The verdict on one observation: why, and in words what it rests on. */
export interface Verdict {
  readonly cause: Cause;
  readonly evidence: string;
}

export interface JudgedFailure extends Verdict {
  readonly observation: Observation;
}

export interface FailureAccountsOptions {
  readonly writers: Writers<typeof FAILURE_METRICS>;
  readonly judge: (observation: Observation) => Verdict;
  /** Told of every judged failure, for the page. */
  readonly onVerdict: (failure: JudgedFailure) => void;
}

/** Counts every observation as a symptom and every failure under its cause. */
export class FailureAccounts implements ObservationSink {
  private readonly options: FailureAccountsOptions;

  constructor(options: FailureAccountsOptions) {
    this.options = options;
  }

  /** Every cause of a watched gateway exists at 0, so that the first failure is a rise that `rate()` sees. */
  present(proxy: ProxyKind, subject: Subject): void {
    for (const cause of CAUSES) {
      this.options.writers.failures.inc({ ...subject, proxy, cause, ...UNKNOWN_UPSTREAM }, 0);
    }
  }

  observe(observation: Observation): void {
    if (observation.count <= 0) return;
    const { writers, judge, onVerdict } = this.options;
    const { proxy, subject, symptom, upstream, count } = observation;
    writers.symptoms.inc({ ...subject, proxy, symptom }, count);
    if (!observation.failure) return;
    const verdict = judge(observation);
    writers.failures.inc({ ...subject, proxy, cause: verdict.cause, ...upstream }, count);
    onVerdict({ ...verdict, observation });
  }
}
