import type { Service, ServicePortSpec } from '../contract/cluster.ts';
import { type Fields, fieldsOf, listOf, textOf } from './api-object.ts';
import { canonicalIp } from './ip-address.ts';

/** Dual stack has two; nothing forbids a few more. */
const MOST_IPS = 8;
const MOST_EXTERNAL_IPS = 64;
const MOST_PORTS = 1000;
const MOST_LABELS = 64;
/** The label by which Helm charts name a program; the Services that NGINX Gateway Fabric makes for gateways have names of their own there. */
export const CONTROLLER_LABEL = 'app.kubernetes.io/name';
export const CONTROLLERS: ReadonlySet<string> = new Set(['nginx-gateway-fabric']);
/** Name, with the domain of who gave it, and value. */
const LABEL = /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9_.-]{1,63}=[A-Za-z0-9_.-]{0,63}$/;

/** Reads a v1 Service as the API sends it; null when it is not one. */
export function readService(value: unknown): Service | null {
  const service = fieldsOf(value);
  const metadata = fieldsOf(service.metadata);
  const namespace = textOf(metadata.namespace);
  const name = textOf(metadata.name);
  if (namespace === '' || name === '') return null;
  const spec = fieldsOf(service.spec);
  const isExternal = spec.type === 'ExternalName';
  const externalIps = readExternalIps(spec, fieldsOf(service.status));
  return {
    key: `${namespace}/${name}`,
    ports: listOf(spec.ports, MOST_PORTS).flatMap(readPort),
    clusterIps: isExternal ? [] : readIps(spec),
    ...(externalIps.length === 0 ? {} : { externalIps }),
    externalName: isExternal ? textOf(spec.externalName) : '',
    publishNotReadyAddresses: spec.publishNotReadyAddresses === true,
    ...(isExternal ? {} : readSelector(spec.selector)),
    ...(CONTROLLERS.has(textOf(fieldsOf(metadata.labels)[CONTROLLER_LABEL])) ? { isController: true as const } : {}),
  };
}

/** Sorted: the same labels are the same text. None where a label is left out: it would select more. */
function readSelector(value: unknown): Pick<Service, 'selector'> {
  const texts = Object.entries(fieldsOf(value)).map(([name, one]) => `${name}=${textOf(one)}`);
  const isUsable = texts.length > 0 && texts.length <= MOST_LABELS && texts.every((text) => LABEL.test(text));
  return isUsable ? { selector: texts.sort().join(',') } : {};
}

/** Old servers know only `clusterIP`; a headless Service says `None`. */
function readIps(spec: Fields): string[] {
  const texts = Array.isArray(spec.clusterIPs) ? listOf(spec.clusterIPs, MOST_IPS) : [spec.clusterIP];
  return texts.flatMap((text) => canonicalIp(textOf(text)) ?? []);
}

function readExternalIps(spec: Fields, status: Fields): string[] {
  const ingress = listOf(fieldsOf(status.loadBalancer).ingress, MOST_EXTERNAL_IPS).map((one) => fieldsOf(one).ip);
  const texts = [...listOf(spec.externalIPs, MOST_EXTERNAL_IPS), ...ingress];
  return texts.flatMap((text) => canonicalIp(textOf(text)) ?? []);
}

function readPort(value: unknown): ServicePortSpec[] {
  const { name, port, targetPort, nodePort } = fieldsOf(value);
  if (!isPort(port)) return [];
  const isNamed = typeof targetPort === 'string' && targetPort !== '';
  // 0 is what clients write that do not know the default.
  return [
    {
      ...{ name: textOf(name), port, targetPort: isNamed || isPort(targetPort) ? (targetPort as string | number) : '' },
      ...(isPort(nodePort) ? { nodePort } : {}),
    },
  ];
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
}
