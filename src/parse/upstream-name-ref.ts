/** Which product's way of naming upstreams it is; `override`: our own configuration says it. */
export type UpstreamNaming = 'ngf' | 'istio' | 'contour' | 'ingress_nginx' | 'f5' | 'dns' | 'override';

/** A Service that the name of an upstream may stand for; whether it exists is not known here. */
export interface ServiceRef {
  readonly namespace: string;
  readonly service: string;
  /** Number or name ('': the one without a name) of the Service's port; null when the name does not say. */
  readonly port: number | string | null;
  readonly method: UpstreamNaming;
}

export interface UpstreamName {
  /** The only reading that there is; null when there is none or more than one. */
  readonly exact: ServiceRef | null;
  /** Every reading of a name that has several, or that anybody may have chosen. */
  readonly candidates: readonly ServiceRef[];
  /** It surely stands for no Service. */
  readonly isNoService: boolean;
  /** Where the Service is to be expected when the name says no more than that. */
  readonly namespaces: readonly string[];
  /** Why nothing was read from it; '' otherwise. */
  readonly problem: '' | 'too_long' | 'too_many_readings';
}

export const NOTHING_READ: UpstreamName = {
  exact: null,
  candidates: [],
  isNoService: false,
  namespaces: [],
  problem: '',
};
export const NO_SERVICE: UpstreamName = { ...NOTHING_READ, isNoService: true };

/** A name with more readings is not told from its text. */
export const MOST_CANDIDATES = 64;

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const PORT_NUMBER = /^[1-9][0-9]{0,4}$/;

/** RFC 1123 label: what names of namespaces, Services and their ports are made of. */
export function isDnsLabel(text: string): boolean {
  return LABEL.test(text);
}

/** 1 to 65535; null for anything else. */
export function readPortNumber(text: string): number | null {
  const number = PORT_NUMBER.test(text) ? Number(text) : 0;
  return number > 0 && number < 65_536 ? number : null;
}

/** Null when one of the two cannot be a name in Kubernetes. */
export function serviceRef(
  namespace: string,
  service: string,
  port: number | string | null,
  method: UpstreamNaming,
): ServiceRef | null {
  return isDnsLabel(namespace) && isDnsLabel(service) ? { namespace, service, port, method } : null;
}

export function exactly(exact: ServiceRef | null): UpstreamName {
  return exact === null ? NOTHING_READ : { ...NOTHING_READ, exact };
}

/** Each reading once; none when there are too many, since the true one may be among those left out. */
export function oneOf(refs: Iterable<ServiceRef>, namespaces: readonly string[] = []): UpstreamName {
  const candidates = new Map<string, ServiceRef>();
  for (const ref of refs) {
    candidates.set(`${ref.namespace}/${ref.service}/${typeof ref.port} ${ref.port}`, ref);
    if (candidates.size > MOST_CANDIDATES) return { ...NOTHING_READ, namespaces, problem: 'too_many_readings' };
  }
  return { ...NOTHING_READ, namespaces, candidates: [...candidates.values()] };
}
