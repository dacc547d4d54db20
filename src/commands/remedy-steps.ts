/** A workload by its names, as kubectl takes them. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
}

/** Names of Kubernetes: nothing that a shell would read as more than a name. */
const NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Where the name of the controller's Deployment has to be filled in. */
const UNKNOWN_CONTROLLER: Workload = { namespace: 'CONTROLLER-NAMESPACE', name: 'CONTROLLER' };
const UNKNOWN_GATEWAY: Workload = { namespace: 'NAMESPACE', name: 'GATEWAY' };

/** `namespace/name`; null when it is not that. */
export function readWorkload(text: string): Workload | null {
  const [namespace, name, ...more] = text.split('/');
  if (more.length > 0 || name === undefined || !NAME.test(namespace) || !NAME.test(name)) return null;
  return { namespace, name };
}

interface Step {
  readonly title: string;
  readonly commands: readonly string[];
}

/**
 * The order that gets stale addresses out of gateways with a controller. An agent that is restarted before its controller gets the same old
 * configuration again.
 */
function stepsOf(controller: Workload, gateways: readonly Workload[], verify: string): Step[] {
  return [
    { title: 'restart the controller', commands: [`${kubectl(controller)} rollout restart ${deployment(controller)}`] },
    {
      title: 'wait until it is ready',
      commands: [`${kubectl(controller)} rollout status ${deployment(controller)} --timeout=5m`],
    },
    {
      title: 'restart the gateway, and only now',
      commands: gateways.flatMap((gateway) => [
        `${kubectl(gateway)} rollout restart ${deployment(gateway)}`,
        `${kubectl(gateway)} rollout status ${deployment(gateway)} --timeout=10m`,
      ]),
    },
    { title: 'verify that no address is stale', commands: [verify] },
  ];
}

/** The steps as text; every command stands alone on its line. */
export function stepsText(controller: Workload | null, gateways: readonly Workload[], server: string | null): string {
  const only = gateways.length === 1 ? ` ${gateways[0].namespace}/${gateways[0].name}` : '';
  const verify = `badgateway remedy${only} --verify${server === null ? '' : ` --server '${server}'`}`;
  const known = gateways.length === 0 ? [UNKNOWN_GATEWAY] : gateways;
  return stepsOf(controller ?? UNKNOWN_CONTROLLER, known, verify)
    .map(({ title, commands }, at) => `${at + 1}. ${title}\n${commands.map((one) => `   ${one}\n`).join('')}`)
    .join('');
}

function kubectl({ namespace }: Workload): string {
  return `kubectl -n ${namespace}`;
}

function deployment({ name }: Workload): string {
  return `deployment/${name}`;
}
