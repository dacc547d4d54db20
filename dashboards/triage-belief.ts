import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { GATEWAY as G, lines, NODE as N, number } from './panels.ts';

/** What is not known of the failures, and what comes late. */
export function addBelief(dashboard: DashboardBuilder): void {
  const all = `sum(increase(badgateway_failures_total{${G}}[$__range]))`;
  dashboard
    .withRow(new RowBuilder('Can it be believed?'))
    .withPanel(
      number(
        {
          title: 'Without a cause',
          description:
            'Share of the failures in the time range that are unidentified; BadgatewayUnidentifiedFailures fires above 20 %.',
          unit: 'percentunit',
          width: 6,
          noValue: 'no failures',
        },
        `sum(increase(badgateway_failures_total{${G},cause="unidentified"}[$__range])) / (${all} > 0)`,
        0.2,
      ),
    )
    .withPanel(
      number(
        {
          title: 'Waiting for their verdict',
          description:
            'Failures whose facts are still to come (5 s at most), or what the other log says (15 s); they stand under no cause yet.',
          unit: 'short',
          width: 6,
        },
        `sum(badgateway_verdicts_pending{${N}})`,
        100,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Log lag',
          description: 'Bytes of error logs that are written and not yet read: causes come that much later.',
          unit: 'bytes',
          width: 6,
          noValue: 'no error log',
        },
        [
          {
            expr: `max by (gateway, pod, instance) (badgateway_log_lag_bytes{${G}})`,
            legend: '{{gateway}} {{pod}} {{instance}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Time to a verdict',
          description: 'p50 and p99 from reading failures to their cause. Seconds mean that facts were waited for.',
          unit: 's',
          width: 6,
          noValue: 'no failures',
        },
        [0.5, 0.99].map((q) => ({
          expr: `histogram_quantile(${q}, sum by (instance, le) (increase(badgateway_verdict_wait_seconds_bucket{${N}}[$__rate_interval])))`,
          legend: `{{instance}} p${q * 100}`,
        })),
      ),
    );
}
