import * as z from 'zod';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { KUBERNETES_METRICS } from './kubernetes-metrics.ts';
import { DNS_LABEL } from './kubernetes-plan.ts';

const schema = () =>
  unitSchema(
    { enabled: true, interval: '1s' },
    {
      kubeconfig: z
        .string()
        .max(4096)
        .default('')
        .describe('Path of a kubeconfig; default: the service account of the pod. KUBECONFIG is not read'),
      context: z.string().max(253).default('').describe('Context of the kubeconfig; default: its current one'),
      namespaces: z
        .array(z.string().regex(DNS_LABEL, 'must be the name of a namespace'))
        .max(100)
        .default([])
        .describe('Namespaces of the Services behind the gateways; default: those that upstream names tell'),
      pods: z
        .enum(['own_node', 'own_node_always', 'off'])
        .default('own_node')
        .describe(
          'own_node: restarts, exits and names of the pods on this node while a gateway is seen here; own_node_always: also without one; both need node_name',
        ),
      autoscalers: z
        .boolean()
        .default(false)
        .describe('HorizontalPodAutoscalers of what is behind the gateways; needs list and watch on them'),
      events: z
        .boolean()
        .default(false)
        .describe('Warning Events of pods behind the gateways; needs list and watch on events'),
      controllers_namespace: z
        .string()
        .regex(DNS_LABEL, 'must be the name of a namespace')
        .or(z.literal(''))
        .default('')
        .describe(
          'Namespace in which Services labelled app.kubernetes.io/name=nginx-gateway-fabric are the controllers of the gateways, where upstreams.controllers names none; needs list and watch on its services and endpointslices',
        ),
      service_pods: z
        .boolean()
        .default(false)
        .describe(
          'Pods of Services without a ready endpoint, on whichever node: why they do not run; needs list on pods',
        ),
      node_name: z.string().max(253).default('').describe('Name of this node; default: $NODE_NAME'),
    },
  );

export type KubernetesConfig = z.output<ReturnType<typeof schema>>;

/** EndpointSlices, Services and pods from the Kubernetes API, as few as the upstreams in use need. */
export const kubernetes = defineCollector({
  name: 'kubernetes',
  summary: 'EndpointSlices, Services and pods behind the upstreams in use, from the Kubernetes API',
  schema,
  metrics: KUBERNETES_METRICS,
  async load() {
    const { KubernetesCollector } = await import('./kubernetes-collector.ts');
    return (config, context) => new KubernetesCollector(config, context, { environment: process.env });
  },
});
