import { renameSync, writeFileSync } from 'node:fs';
import { ENVOY_UPSTREAM } from '../fault.ts';
import type { Scene } from '../scene.ts';

const CLUSTER_LOAD = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

/** Fields of a cluster whose hosts a file tells, which Envoy watches. */
export const BY_EDS = {
  ...{ type: 'EDS', load_assignment: undefined },
  eds_cluster_config: { eds_config: { resource_api_version: 'V3', path_config_source: { path: '$DIR/eds.json' } } },
};

/** Hosts of one priority, the lowest first. */
export type Locality = readonly string[];

/** What the control plane says of the cluster's hosts, by priority, and how many percent of its requests Envoy is to drop. */
export function assign(scene: Scene, localities: readonly Locality[], dropPercent = 0): void {
  const endpoints = localities.map((ips, priority) => ({
    ...{ priority, locality: { zone: `zone-${priority}` } },
    lb_endpoints: ips.map((address) => ({
      endpoint: { address: { socket_address: { address, port_value: 8080 } } },
      // Envoy takes over another policy only together with a change of the hosts.
      load_balancing_weight: 1 + dropPercent,
    })),
  }));
  const drop_percentage = { numerator: dropPercent, denominator: 'HUNDRED' };
  const policy = dropPercent === 0 ? {} : { drop_overloads: [{ category: 'shed', drop_percentage }] };
  const resources = [{ '@type': CLUSTER_LOAD, cluster_name: ENVOY_UPSTREAM, endpoints, policy }];
  const path = `${scene.envoy.directory}/eds.json`;
  writeFileSync(`${path}.fresh`, JSON.stringify({ version_info: String(Date.now()), resources }));
  renameSync(`${path}.fresh`, path);
}
