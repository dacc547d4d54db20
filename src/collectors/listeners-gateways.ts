import type { GatewaySettings } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import type { NodeNetwork } from '../contract/node.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import { readProcessStat } from '../sources/process-stat.ts';
import type { Procfs } from '../sources/procfs.ts';
import type { SeenTwice } from './listeners-conditions.ts';
import { type ExpectedSocket, expectedOf, isOpen, onPorts } from './listeners-expected.ts';
import { isWholeRead, type ListenersRead, socketsOf } from './listeners-read.ts';
import type { WatchedNetwork } from './listeners-watch.ts';

export interface ExpectedHere {
  readonly sockets: readonly ExpectedSocket[];
  readonly skipped: number;
}

const MASTERS = new Set(['nginx', 'angie']);
const MOST_NAMED = 4;

/** What the gateways of a network are to listen on, and whether they do. */
export class GatewayPorts {
  readonly #proc: Procfs;
  /** Where a gateway is to listen that is not told to listen on any TCP port. */
  readonly #fallbackPorts: readonly number[];
  readonly #condition: SeenTwice;

  constructor(proc: Procfs, fallbackPorts: readonly number[], condition: SeenTwice) {
    this.#proc = proc;
    this.#fallbackPorts = fallbackPorts;
    this.#condition = condition;
  }

  judge({ network, gateways }: WatchedNetwork, read: ListenersRead): ExpectedHere {
    const told = gateways.map((settings) => ({ settings, ...expectedOf(settings, this.#fallbackPorts) }));
    for (const { settings, sockets } of told)
      if (this.#isAlive(settings)) this.#say(settings.subject, sockets, { read, isTold: true });
    const sockets = told.flatMap((one) => one.sockets);
    if (told.length > 0) return { sockets, skipped: told.reduce((sum, { skipped }) => sum + skipped, 0) };
    return { sockets: this.#judgeUntold(network, read), skipped: 0 };
  }

  /** Of an nginx whose configuration cannot be read this much is known: where no port listens at all, it does not either. */
  #judgeUntold(network: NodeNetwork, read: ListenersRead): ExpectedSocket[] {
    const isNginx = network.kind !== 'host' && network.processes.some(({ comm }) => MASTERS.has(comm));
    if (!isNginx || !network.isGateway || socketsOf(read).length > 0) return [];
    const sockets = onPorts(this.#fallbackPorts);
    const { namespace, pod } = network.labels;
    const gateway = pod === '' ? 'nginx' : workloadOfPod(pod);
    this.#say({ namespace, pod, container: '', gateway }, sockets, { read, isTold: false });
    return sockets;
  }

  #say(
    subject: Subject,
    expected: readonly ExpectedSocket[],
    { read, isTold }: { readonly read: ListenersRead; readonly isTold: boolean },
  ): void {
    if (expected.length === 0) return;
    const sockets = socketsOf(read);
    const closed = expected.filter((socket) => !isOpen(socket, sockets));
    if (closed.length > 0 && !isWholeRead(read)) return;
    const named = closed.slice(0, MOST_NAMED).map(({ port, place }) => `${port}${place === '' ? '' : ` (${place})`}`);
    const more = closed.length > MOST_NAMED ? ` and ${closed.length - MOST_NAMED} more` : '';
    const isFallback = expected.every(({ place }) => place === '');
    const why = isFallback ? (isTold ? ', only unix sockets are configured' : ' or any other') : '';
    const evidence =
      closed.length === 0
        ? `listens on ${expected.length} sockets`
        : `nginx runs and does not listen on port ${named.join(', ')}${more}${why}`;
    this.#condition.say(subject, closed.length > 0, evidence);
  }

  #isAlive({ master }: GatewaySettings): boolean {
    return master !== null && readProcessStat(this.#proc, master.pid)?.startTicks === master.startTicks;
  }
}
