import type * as z from 'zod';
import { durationMs, unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { AUDIT_METRICS } from './audit-metrics.ts';
import { nginxConfig } from './nginx-config.ts';

const schema = () =>
  unitSchema(
    { enabled: true, interval: '5m' },
    {
      files: nginxConfig.schema.shape.files.describe('Configurations to audit, as in nginx_config'),
      discover: nginxConfig.schema.shape.discover,
      backend_timeout: durationMs(1_000, 86_400_000)
        .optional()
        .describe('After so long the backends themselves give up; longer read timeouts are findings then'),
    },
  );

export type AuditConfig = z.output<ReturnType<typeof schema>>;

/** What is wrong with the configurations that run, by the same rules as `badgateway audit`. */
export const audit = defineCollector({
  name: 'audit',
  summary: 'Configurations of running gateways, and the pods behind them, against what is known to fail',
  schema,
  metrics: AUDIT_METRICS,
  async load() {
    const { AuditCollector } = await import('./audit-collector.ts');
    return (config, context) => {
      const { POD_NAMESPACE: namespace = '', POD_NAME: pod = '' } = process.env;
      return new AuditCollector(config, context, { namespace, pod });
    };
  },
});
