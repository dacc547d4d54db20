import type { EndpointSlice } from '../contract/endpoint.ts';
import type { EndpointIndex } from './endpoint-index.ts';
import type { ServicePort } from './endpoint-states.ts';

/** An endpoint of a Service's port has become ready, or is not ready any more. */
export interface Transition extends ServicePort {
  readonly ip: string;
  /** Null: all ports. */
  readonly port: number | null;
  readonly isReady: boolean;
}

/**
 * What a change of one slice means for its Service: an endpoint that another slice has ready as well neither comes nor
 * goes. `index` has the change already.
 */
export function transitionsOf(
  index: EndpointIndex,
  before: EndpointSlice | null,
  after: EndpointSlice | null,
): Transition[] {
  const [had, has] = [readyOf(before), readyOf(after)];
  const key = (before ?? after)?.key;
  const changed = [
    ...[...had].filter(([name]) => !has.has(name)).map(([, tuple]) => ({ ...tuple, isReady: false })),
    ...[...has].filter(([name]) => !had.has(name)).map(([, tuple]) => ({ ...tuple, isReady: true })),
  ];
  return changed.filter((transition) => !isReadyElsewhere(index, transition, key));
}

type Tuple = Omit<Transition, 'isReady'>;

function readyOf(slice: EndpointSlice | null): Map<string, Tuple> {
  const tuples = new Map<string, Tuple>();
  if (slice === null) return tuples;
  const { service } = slice;
  for (const { name: portName, number: port } of slice.ports)
    for (const { ip, ready } of slice.endpoints)
      if (ready) tuples.set(`${service} ${portName} ${ip} ${port}`, { service, portName, ip, port });
  return tuples;
}

function isReadyElsewhere(
  index: EndpointIndex,
  { service, portName, ip, port }: Tuple,
  except: string | undefined,
): boolean {
  return index
    .at(ip)
    .some(
      ({ slice, endpoint }) =>
        slice.key !== except &&
        slice.service === service &&
        endpoint.ready &&
        slice.ports.some(({ name, number }) => name === portName && (number === null || number === port)),
    );
}
