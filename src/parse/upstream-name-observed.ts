import { isDnsLabel } from './upstream-name-ref.ts';

const PREFIX = 'observed:';

/** Addresses of no Service, or of more than one. */
export const OBSERVED_UNKNOWN = `${PREFIX}unknown`;

/** Our own name of the observed addresses of a Service's port: `observed:<namespace>/<service>:<port name>`. */
export function observedName(service: string, portName: string): string {
  return `${PREFIX}${service}:${portName}`;
}

/** What `observedName` was made of; null when no names of Kubernetes are in it. */
export function readObservedName(name: string): { readonly service: string; readonly portName: string } | null {
  if (!name.startsWith(PREFIX)) return null;
  const [service, portName, ...more] = name.slice(PREFIX.length).split(':');
  const parts = service.split('/');
  if (portName === undefined || more.length > 0 || parts.length !== 2 || !parts.every(isDnsLabel)) return null;
  return portName === '' || isDnsLabel(portName) ? { service, portName } : null;
}
