import { counted } from '../contract/counted.ts';
import type { GatewaySettings } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import type { NodeNetwork } from '../contract/node.ts';
import { parseSockstat } from '../parse/sockstat.ts';
import { readMaster } from '../sources/nginx-workers.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import { readProcessStat, unlessDenied } from '../sources/process-stat.ts';
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
/** Processes of a network that are looked at. */
const MOST_LOOKED_AT = 64;

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
    const told = gateways.map((settings) => ({ settings, ...this.#expectedOf(settings, read) }));
    for (const { settings, sockets } of told)
      if (this.#isAlive(settings)) this.#say(settings.subject, sockets, { read, isTold: true });
    const sockets = told.flatMap((one) => one.sockets);
    if (told.length > 0) return { sockets, skipped: told.reduce((sum, { skipped }) => sum + skipped, 0) };
    return { sockets: this.#judgeUntold(network, read), skipped: 0 };
  }

  /** None of a gateway that waits for its connections to end. */
  #expectedOf(settings: GatewaySettings, read: ListenersRead): ExpectedHere {
    const expected = expectedOf(settings, this.#fallbackPorts);
    const isClosed = expected.sockets.some((socket) => !isOpen(socket, socketsOf(read)));
    return isClosed && settings.master !== null && this.#isEnding([settings.master.pid])
      ? { sockets: [], skipped: 0 }
      : expected;
  }

  /** Of an nginx whose configuration cannot be read this much is known: where no port listens at all, it does not either. */
  #judgeUntold(network: NodeNetwork, read: ListenersRead): ExpectedSocket[] {
    const nginx = network.processes.filter(({ comm }) => MASTERS.has(comm)).map(({ pid }) => pid);
    if (nginx.length === 0 || network.kind === 'host' || !network.isGateway || socketsOf(read).length > 0) return [];
    if (this.#isEnding(nginx) || this.#hasUdp(network)) return [];
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
        ? `listens on ${counted(expected.length, 'socket')}`
        : `nginx runs and does not listen on port ${named.join(', ')}${more}${why}`;
    this.#condition.say(subject, closed.length > 0, evidence);
  }

  #isAlive({ master }: GatewaySettings): boolean {
    return master !== null && readProcessStat(this.#proc, master.pid)?.startTicks === master.startTicks;
  }

  /** Told to quit, nginx closes its sockets at once and stays for as long as a connection does (ngx_close_listening_sockets). */
  #isEnding(pids: readonly number[]): boolean {
    const looked = pids.slice(0, MOST_LOOKED_AT);
    const workers = looked.flatMap((pid) => readMaster(this.#proc, pid)?.workers ?? []);
    return workers.length > 0 && workers.every(({ isDraining }) => isDraining);
  }

  /** Then it may be what nginx serves. */
  #hasUdp({ processes }: NodeNetwork): boolean {
    for (const { pid } of processes.slice(0, MOST_LOOKED_AT)) {
      const texts = ['sockstat', 'sockstat6'].map((name) => unlessDenied(() => this.#proc.read(`${pid}/net/${name}`)));
      if (texts[0] === undefined) continue;
      const values = parseSockstat(texts.join(''));
      return (values.get('UDP.inuse') ?? 0) + (values.get('UDP6.inuse') ?? 0) > 0;
    }
    return false;
  }
}
