/** Panels about failures and their causes, which more than one dashboard shows. */
import { GATEWAY as G, lines, type PanelText, QUIET, type Query, stackedBars } from './panels.ts';

type Text = Partial<PanelText> & Pick<PanelText, 'width'>;

/** `matchers` narrow the failures: `,proxy="nginx"`. */
export function failuresByCause(text: Text, matchers: string) {
  return stackedBars(
    {
      title: 'Failures by cause',
      description: 'Each failure once, under its cause; the bars add up to all failures.',
      unit: 'short',
      noValue: QUIET,
      ...text,
    },
    {
      expr: `sum by (cause) (increase(badgateway_failures_total{${G}${matchers}}[$__rate_interval])) > 0`,
      legend: '{{cause}}',
    },
  );
}

export function symptoms(text: Text, matchers: string) {
  return stackedBars(
    {
      title: 'Symptoms',
      description:
        'What the error log or Envoy said, before any verdict. Companion lines and faults of clients are among them, so the bars are more than the failures.',
      unit: 'short',
      noValue: QUIET,
      ...text,
    },
    {
      expr: `sum by (symptom) (increase(badgateway_symptoms_total{${G}${matchers}}[$__rate_interval])) > 0`,
      legend: '{{symptom}}',
    },
  );
}

export function answersByCode(text: Text, matchers: string) {
  return stackedBars(
    {
      title: 'Answers by code',
      description: 'Answers to clients per second by status code or class (Envoy).',
      unit: 'reqps',
      noValue: 'no status codes',
      ...text,
    },
    {
      expr: `sum by (code) (rate(badgateway_requests_total{${G}${matchers}}[$__rate_interval]))`,
      legend: '{{code}}',
    },
  );
}

/** Restarts of containers; `selector` of nodes or workloads. */
export function restartsByReason(text: Text, selector: string) {
  const query: Query = {
    expr: `sum by (namespace, workload, reason) (increase(badgateway_pod_restarts_total{${selector}}[$__rate_interval])) > 0`,
    legend: '{{namespace}}/{{workload}} {{reason}}',
  };
  return stackedBars(
    {
      title: 'Restarts by reason',
      description:
        'Restarts of containers of gateways and of the pods behind them, by why they ended; OOM kills among them.',
      unit: 'short',
      noValue: 'pods are not watched',
      ...text,
    },
    query,
  );
}

/** Replicas of autoscalers of what is behind the gateways. */
export function autoscalers(text: Text) {
  const replicas = (state: string) => ({
    expr: `max by (namespace, autoscaler) (badgateway_autoscaler_replicas{cluster=~"$cluster",node=~"$node",state="${state}"})`,
    legend: `{{namespace}}/{{autoscaler}} ${state}`,
  });
  return lines(
    {
      title: 'Autoscalers: replicas',
      description:
        'What HorizontalPodAutoscalers behind the gateways have, want and may have. At the maximum more load goes to the pods that are there.',
      unit: 'short',
      noValue: 'no HorizontalPodAutoscaler is watched (collectors.kubernetes.autoscalers)',
      ...text,
    },
    [replicas('current'), replicas('desired'), replicas('max')],
  );
}
