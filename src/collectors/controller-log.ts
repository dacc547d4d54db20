import * as z from 'zod';
import { counter, gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { globProblem } from '../sources/glob.ts';

const schema = () =>
  unitSchema(
    { enabled: true, interval: '15s' },
    {
      files: z
        .array(
          z
            .string()
            .max(4096)
            .superRefine((path, issues) => {
              const problem = globProblem(path);
              if (problem !== null) issues.addIssue({ code: 'custom', message: problem });
            }),
        )
        .max(16)
        .default(['/var/log/pods/*/nginx-gateway/*.log'])
        .describe('Logs of gateway controllers; the default is where those of NGINX Gateway Fabric on this node are'),
    },
  );

const metrics = {
  events: counter(
    'badgateway_controller_log_events_total',
    'Lines of a gateway controller: token_rejected (of an agent), update_failed, agent_unreachable, updated.',
    [...SUBJECT_LABELS, 'event'],
  ),
  lost: counter(
    'badgateway_controller_log_losses_total',
    'Times that lines may have been destroyed before they were read.',
    [...SUBJECT_LABELS],
  ),
  updated: gauge(
    'badgateway_controller_last_update_timestamp_seconds',
    'When the controller last said that a configuration reached a gateway; absent before the first.',
    SUBJECT_LABELS,
  ),
} as const satisfies MetricTable;

export type ControllerLogConfig = z.output<ReturnType<typeof schema>>;
export type ControllerLogMetrics = typeof metrics;

export const controllerLog = defineCollector({
  name: 'controller_log',
  summary: 'What the controller of the gateways says: refused tokens, configurations that did not arrive',
  schema,
  metrics,
  async load() {
    const { ControllerLogCollector } = await import('./controller-log-collector.ts');
    return (config, context) => new ControllerLogCollector(config, context);
  },
});
