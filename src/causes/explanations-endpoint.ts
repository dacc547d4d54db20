import type { Cause } from '../contract/names.ts';
import type { Explanation } from './explanations.ts';

/** Causes that are about what an upstream’s address is to its Service. */
export const ENDPOINT_EXPLANATIONS = {
  stale_endpoint: {
    title: 'Address of no endpoint',
    meaning: 'The gateway sent requests to an address that its Service does not have any more.',
    likely: [
      'the controller has not written, or the proxy not loaded, the endpoints of now',
      'pods are replaced faster than the gateway follows: a few seconds in each rollout',
      'an address that somebody wrote into the configuration by hand',
    ],
    next: 'kubectl get endpointslices -l kubernetes.io/service-name=SERVICE beside badgateway upstreams --state stale; then the controller’s log and the last successful reload.',
  },
  foreign_endpoint: {
    title: 'Address of another Service',
    meaning: 'The address that the gateway uses belongs to a pod of another Service now: that one gets the requests.',
    likely: [
      'the pod went, its address was given to another pod, and the gateway has not been told',
      'the upstream was set up with the address of another Service',
    ],
    next: 'badgateway upstreams --state foreign names the pod that has the address now. Reload or restart the gateway’s controller: answers of the wrong program are worse than none.',
  },
  terminating_endpoint: {
    title: 'Pod is being deleted',
    meaning: 'The pod stopped while the gateway still sent it requests, or while it had one in hand.',
    likely: [
      'no preStop sleep: the program stops before the gateway has heard of it',
      'the sleep is shorter than the gateway needs (badgateway_recommended_prestop_seconds)',
      'terminationGracePeriodSeconds is too short for requests in hand, or the program does not finish them on SIGTERM',
    ],
    next: 'kubectl get deployment NAME -o yaml: lifecycle.preStop and terminationGracePeriodSeconds, against badgateway_upstream_last_death_gap_seconds.',
  },
  not_ready_endpoint: {
    title: 'Pod is not ready',
    meaning: 'The gateway sent requests to a pod that does not say it is ready.',
    likely: [
      'the pod starts and its address is used already',
      'a dependency of the pod is not there yet',
      'the gateway sends to pods whether they are ready or not',
    ],
    next: 'kubectl describe pod: readiness probe and its last failures; then why the gateway has the address.',
  },
  no_endpoints: {
    title: 'Service without a ready endpoint',
    meaning: 'No pod of the Service was ready: there was nobody to send the request to.',
    likely: [
      'all pods crash, start or fail their readiness probe',
      'the Deployment is scaled to zero',
      'the selector of the Service matches no pod',
    ],
    next: 'kubectl get endpointslices -l kubernetes.io/service-name=SERVICE, then kubectl get pods with the selector of the Service.',
  },
  port_mismatch: {
    title: 'Wrong port',
    meaning: 'The gateway asks a port on which the pod does not listen.',
    likely: [
      'targetPort of the Service is not the port of the program',
      'the port of the Service was changed and the gateway has the old one',
      'the program was told another port',
    ],
    next: 'kubectl get service SERVICE -o yaml: targetPort, against ss -ltn in the pod.',
  },
  no_live_upstreams: {
    title: 'All peers marked down',
    meaning:
      'nginx had taken every server of the block out of rotation (or all are down or at max_conns) and tried none.',
    likely: [
      'earlier failures reached max_fails on every server, and they are not known',
      'all servers are marked down, or max_conns is reached',
    ],
    next: 'The failures of the same upstream just before this line are the cause. See max_fails and fail_timeout.',
  },
  no_healthy_upstream: {
    title: 'No healthy host',
    meaning: 'Envoy has no healthy host in the cluster.',
    likely: ['the Service has no ready endpoint', 'health checks fail or outlier detection ejected the hosts'],
    next: 'Envoy’s /clusters?format=json: health_status of each host; then kubectl get endpointslices.',
  },
} as const satisfies Readonly<Partial<Record<Cause, Explanation>>>;
