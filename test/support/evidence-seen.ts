import type { Change, ContainerEnd, EvidenceSink, KernelCounter, KernelCounts } from '../../src/contract/evidence.ts';
import type { NodeNetwork } from '../../src/contract/node.ts';

interface Counted {
  readonly network: NodeNetwork;
  readonly counts: KernelCounts;
  readonly atMs: number;
}

/** Keeps what collectors tell as evidence. */
export class EvidenceSeen implements EvidenceSink {
  /** In the order that they were told. */
  readonly readings: Counted[] = [];
  readonly forgotten: { readonly network: string; readonly counters: readonly KernelCounter[] }[] = [];
  readonly ends: ContainerEnd[] = [];
  readonly changes: Change[] = [];

  counted(network: NodeNetwork, counts: KernelCounts, atMs: number): void {
    this.readings.push({ network, counts, atMs });
  }

  uncounted(network: string, counters: readonly KernelCounter[]): void {
    this.forgotten.push({ network, counters });
  }

  ended(end: ContainerEnd): void {
    this.ends.push(end);
  }

  changed(change: Change): void {
    this.changes.push(change);
  }

  /** All readings of a counter in the network of a process. */
  of(pid: number, counter: KernelCounter): { readonly value: number; readonly atMs: number }[] {
    return this.readings
      .filter(({ network }) => network.processes.some((process) => process.pid === pid))
      .flatMap(({ counts, atMs }) => {
        const value = counts[counter];
        return value === undefined ? [] : [{ value, atMs }];
      });
  }
}
