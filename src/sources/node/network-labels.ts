import type { NetworkKind, NodeNetwork, PodName } from '../../contract/node.ts';
import type { NetworkGroup } from './network-table.ts';

const SHORT_ID = 12;

export interface Naming {
  /** Identities of the node's network and our own; undefined: not visible. */
  readonly host: string | undefined;
  readonly own: string | undefined;
  /** What series of the node's network are labelled: `process` where it is ours and pid 1 is not known to be the node's. */
  readonly hostLabel: 'host' | 'process';
  readonly podOf: (uid: string) => PodName | undefined;
}

export type Named = Pick<NodeNetwork, 'kind' | 'labels' | 'podUid'>;

/**
 * Says whose a network is. Its oldest process with a name decides: a sandbox starts before the containers, and what enters later comes from
 * elsewhere. A second network of the same pod or container has only its inode, so that no two have the same labels.
 */
export class NetworkNaming {
  readonly #naming: Naming;
  readonly #taken = new Set<string>();

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  /** Each network once, the oldest first. */
  name({ identity, processes }: NetworkGroup): Named {
    const { host, hostLabel, own, podOf } = this.#naming;
    const podUid = processes.find((process) => process.podUid !== '')?.podUid ?? '';
    if (identity === host) return { kind: 'host', labels: { namespace: '', pod: '', netns: hostLabel }, podUid: '' };
    if (identity === own) return named('process', '', '', podUid);
    if (podUid !== '' && this.#take(podUid)) {
      const name = podOf(podUid);
      // A pod that was deleted by force may still be ending beside the next of its name.
      const isFree = name !== undefined && this.#take(`${name.namespace}/${name.pod}`);
      const { namespace, pod } = isFree ? name : { namespace: '', pod: podUid };
      return named('pod', namespace, pod, podUid);
    }
    const container = processes.find(({ containerId }) => containerId !== '')?.containerId ?? '';
    if (podUid === '' && container !== '' && this.#take(container)) {
      return named('container', '', container.slice(0, SHORT_ID), '');
    }
    return named('other', '', identity.slice(identity.indexOf(':') + 1), podUid);
  }

  #take(name: string): boolean {
    if (this.#taken.has(name)) return false;
    this.#taken.add(name);
    return true;
  }
}

function named(kind: NetworkKind, namespace: string, pod: string, podUid: string): Named {
  return { kind, labels: { namespace, pod, netns: kind }, podUid };
}
