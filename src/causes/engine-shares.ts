import type { Observation } from '../contract/failure.ts';
import type { Charge } from '../facts/facts.ts';
import { apportion } from '../parse/apportion.ts';

/** More storms than this at once have their oldest remainder forgotten: an error of less than one failure each. */
const MOST_STORMS = 1_000;

/**
 * Splits storms over what they are charged to. The parts of one observation are whole numbers with its count as their sum; what
 * rounding takes from a charge is owed to it, so that a hundred observations of one failure each show the same shares as one of a
 * hundred.
 */
export class StormShares {
  /** By storm, then by charge: what rounding has kept from it so far, negative when it got too much. */
  readonly #owed = new Map<string, ReadonlyMap<string, number>>();

  /** The count of each charge, in their order. Weights must be positive. */
  split(observation: Observation, charges: readonly Charge[]): readonly number[] {
    if (charges.length === 1) return [observation.count];
    const storm = stormKey(observation);
    const owed = this.#owed.get(storm);
    const keys = charges.map(chargeKey);
    const sum = charges.reduce((all, { weight }) => all + weight, 0);
    const due = charges.map(({ weight }, index) => (observation.count * weight) / sum + (owed?.get(keys[index]) ?? 0));
    const parts = apportion(
      observation.count,
      due.map((part) => Math.max(0, part)),
    );
    this.#keep(storm, new Map(keys.map((key, index) => [key, due[index] - parts[index]])));
    return parts;
  }

  #keep(storm: string, owed: ReadonlyMap<string, number>): void {
    this.#owed.delete(storm);
    this.#owed.set(storm, owed);
    if (this.#owed.size <= MOST_STORMS) return;
    for (const oldest of this.#owed.keys()) {
      this.#owed.delete(oldest);
      break;
    }
  }
}

function stormKey({ proxy, subject, peer, upstream }: Observation): string {
  const { namespace, pod, container, gateway } = subject;
  return [proxy, namespace, pod, container, gateway, upstream.upstream, peer?.address, peer?.port].join('\xff');
}

function chargeKey({ cause, upstream }: Charge): string {
  const { upstream: name, upstream_namespace, upstream_service, upstream_port } = upstream;
  return [cause, name, upstream_namespace, upstream_service, upstream_port].join('\xff');
}
