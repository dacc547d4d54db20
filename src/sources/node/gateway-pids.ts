import type { NodeView } from '../../contract/node.ts';

/** A look that is younger serves: those who search for gateways do so at about the same time. */
const LOOK_AGE_MS = 1_000;

export interface GatewayPids {
  /** Masters, workers and other nginx or Angie processes. */
  readonly nginx: readonly number[];
  readonly envoy: readonly number[];
}

/** Processes that are called like a gateway; any process may call itself so. */
export async function findGatewayPids(node: NodeView): Promise<GatewayPids> {
  const { processes } = await node.look(LOOK_AGE_MS);
  const [nginx, envoy]: [number[], number[]] = [[], []];
  for (const { pid, comm } of processes.values()) {
    if (comm === 'nginx' || comm === 'angie') nginx.push(pid);
    else if (comm === 'envoy') envoy.push(pid);
  }
  return { nginx, envoy };
}
