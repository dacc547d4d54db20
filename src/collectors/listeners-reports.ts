import type { ListenerSink } from '../contract/listener.ts';
import type { NodeLook } from '../contract/node.ts';
import { isWholeRead, type ListenersRead, socketsOf } from './listeners-read.ts';
import type { Seen } from './listeners-rounds.ts';

/** Says what listens in which network, and takes it back when it is not seen any more. */
export class ListenerReports {
  readonly #sink: ListenerSink;
  readonly #goodForMs: number;
  /** When what is said of a network is too old. */
  readonly #untilMs = new Map<string, number>();

  constructor(sink: ListenerSink, goodForMs: number) {
    this.#sink = sink;
    this.#goodForMs = goodForMs;
  }

  say({ network, atMs }: Seen, read: ListenersRead): void {
    const [isTableWhole, untilMs] = [isWholeRead(read), atMs + this.#goodForMs];
    const isWhole = isTableWhole && network.kind !== 'host';
    this.#untilMs.set(network.key, untilMs);
    this.#sink.listening(network.key, {
      ...{ ips: network.ips, sockets: socketsOf(read), isWhole, isTableWhole, atMs, untilMs },
    });
  }

  /** What is said of the network is not so any more. */
  unsay(network: string): void {
    if (this.#untilMs.delete(network)) this.#sink.listening(network, null);
  }

  /** Takes back what is said of networks that have ended, or too old. */
  keep({ networks }: NodeLook, nowMs: number): void {
    const there = new Set(networks.map(({ key }) => key));
    for (const [key, untilMs] of this.#untilMs) if (!there.has(key) || nowMs >= untilMs) this.unsay(key);
  }

  end(): void {
    for (const key of this.#untilMs.keys()) this.unsay(key);
  }
}
