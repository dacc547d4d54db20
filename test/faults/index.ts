import { ANSWER_FAULTS } from './cases/answers.ts';
import { ENDPOINT_STATE_FAULTS } from './cases/endpoint-states.ts';
import { ENVOY_AGGREGATE_FAULTS } from './cases/envoy-aggregate.ts';
import { ENVOY_ATTEMPT_FAULTS } from './cases/envoy-attempts.ts';
import { ENVOY_CLIENT_FAULTS } from './cases/envoy-clients.ts';
import { ENVOY_DECIDER_FAULTS } from './cases/envoy-deciders.ts';
import { ENVOY_DNS_FAULTS } from './cases/envoy-dns.ts';
import { ENVOY_DROP_FAULTS } from './cases/envoy-drops.ts';
import { ENVOY_EDGE_FAULTS } from './cases/envoy-edges.ts';
import { ENVOY_FAILOVER_FAULTS } from './cases/envoy-failover.ts';
import { ENVOY_GRPC_FAULTS } from './cases/envoy-grpc.ts';
import { ENVOY_HEALTH_CHECK_FAULTS } from './cases/envoy-health-checks.ts';
import { ENVOY_LEAVING_FAULTS } from './cases/envoy-leaving.ts';
import { ENVOY_MIXTURE_FAULTS } from './cases/envoy-mixtures.ts';
import { ENVOY_OVERLOAD_FAULTS } from './cases/envoy-overload.ts';
import { ENVOY_POOL_FAULTS } from './cases/envoy-pools.ts';
import { ENVOY_PROTOCOL_FAULTS } from './cases/envoy-protocols.ts';
import { ENVOY_REST_FAULTS } from './cases/envoy-rest.ts';
import { ENVOY_ROUTE_FAULTS } from './cases/envoy-routes.ts';
import { ENVOY_SESSION_FAULTS } from './cases/envoy-sessions.ts';
import { ENVOY_STALLED_FAULTS } from './cases/envoy-stalled.ts';
import { ENVOY_TLS_FAULTS } from './cases/envoy-tls.ts';
import { ENVOY_UNUSUAL_FAULTS } from './cases/envoy-unusual.ts';
import { GATEWAY_FAULTS } from './cases/gateway.ts';
import { HANDSHAKE_FAULTS } from './cases/handshakes.ts';
import { KERNEL_FAULTS } from './cases/kernel.ts';
import { LOOK_ALIKE_FAULTS } from './cases/look-alikes.ts';
import { NGINX_ANSWER_FAULTS } from './cases/nginx-answers.ts';
import { NGINX_ATTEMPT_FAULTS } from './cases/nginx-attempts.ts';
import { NGINX_BACKEND_FAULTS } from './cases/nginx-backends.ts';
import { NGINX_CONFIGURED_FAULTS } from './cases/nginx-configured.ts';
import { NGINX_EDGE_FAULTS } from './cases/nginx-edges.ts';
import { NGINX_FIREWALL_FAULTS } from './cases/nginx-firewalls.ts';
import { NGINX_KERNEL_TIMEOUT_FAULTS } from './cases/nginx-kernel-timeouts.ts';
import { NGINX_NAME_FAULTS } from './cases/nginx-names.ts';
import { NGINX_OWN_FAULTS } from './cases/nginx-own.ts';
import { NGINX_PROTOCOL_FAULTS } from './cases/nginx-protocols.ts';
import { NGINX_RARE_FAULTS } from './cases/nginx-rare.ts';
import { NGINX_SERVICE_FAULTS } from './cases/nginx-services.ts';
import { NGINX_SUBREQUEST_FAULTS } from './cases/nginx-subrequests.ts';
import { OWN_ANSWER_FAULTS } from './cases/own-answers.ts';
import { PAST_TROUBLE_FAULTS } from './cases/past-troubles.ts';
import { SOCKET_FAULTS } from './cases/sockets.ts';
import { STALE_FAULTS } from './cases/stale.ts';
import { STORM_FAULTS } from './cases/storms.ts';
import type { Fault } from './fault.ts';

/** All of them, in the order of docs/fault-matrix.md. */
export const FAULTS: readonly Fault[] = [
  ...STALE_FAULTS,
  ...ENDPOINT_STATE_FAULTS,
  ...STORM_FAULTS,
  ...SOCKET_FAULTS,
  ...KERNEL_FAULTS,
  ...ANSWER_FAULTS,
  ...HANDSHAKE_FAULTS,
  ...GATEWAY_FAULTS,
  ...OWN_ANSWER_FAULTS,
  ...LOOK_ALIKE_FAULTS,
  ...NGINX_OWN_FAULTS,
  ...NGINX_PROTOCOL_FAULTS,
  ...NGINX_EDGE_FAULTS,
  ...NGINX_RARE_FAULTS,
  ...NGINX_CONFIGURED_FAULTS,
  ...NGINX_BACKEND_FAULTS,
  ...NGINX_SERVICE_FAULTS,
  ...NGINX_NAME_FAULTS,
  ...NGINX_FIREWALL_FAULTS,
  ...NGINX_KERNEL_TIMEOUT_FAULTS,
  ...NGINX_ANSWER_FAULTS,
  ...NGINX_SUBREQUEST_FAULTS,
  ...NGINX_ATTEMPT_FAULTS,
  ...PAST_TROUBLE_FAULTS,
  ...ENVOY_DNS_FAULTS,
  ...ENVOY_PROTOCOL_FAULTS,
  ...ENVOY_TLS_FAULTS,
  ...ENVOY_ATTEMPT_FAULTS,
  ...ENVOY_SESSION_FAULTS,
  ...ENVOY_CLIENT_FAULTS,
  ...ENVOY_HEALTH_CHECK_FAULTS,
  ...ENVOY_EDGE_FAULTS,
  ...ENVOY_DROP_FAULTS,
  ...ENVOY_OVERLOAD_FAULTS,
  ...ENVOY_STALLED_FAULTS,
  ...ENVOY_FAILOVER_FAULTS,
  ...ENVOY_REST_FAULTS,
  ...ENVOY_POOL_FAULTS,
  ...ENVOY_GRPC_FAULTS,
  ...ENVOY_DECIDER_FAULTS,
  ...ENVOY_ROUTE_FAULTS,
  ...ENVOY_AGGREGATE_FAULTS,
  ...ENVOY_LEAVING_FAULTS,
  ...ENVOY_MIXTURE_FAULTS,
  ...ENVOY_UNUSUAL_FAULTS,
];
