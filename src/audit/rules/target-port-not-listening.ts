import type { ServicePortSpec } from '../../contract/cluster.ts';
import { counted, type Finding, type Unchecked, unchecked, type WorkloadRule } from '../rule.ts';
import { placeOf, targetOf, type Workload, type WorkloadService } from '../workload.ts';

export const targetPortNotListening: WorkloadRule = {
  name: 'target_port_not_listening',
  severity: 'warning',
  summary: 'A Service sends to a port that nothing listens on in the pods, or that no container has',
  *check(workload) {
    const { services } = workload;
    if (!services.isKnown) {
      yield unchecked(services.why);
      return;
    }
    for (const service of services.value) {
      if (!service.ports.isKnown) yield unchecked(service.ports.why);
      else for (const port of service.ports.value) yield* checkPort(workload, service, port);
    }
  },
};

function* checkPort(
  workload: Workload,
  { key }: WorkloadService,
  spec: ServicePortSpec,
): Generator<Finding | Unchecked> {
  const target = targetOf(spec);
  const listed = workload.lifecycle.containers.flatMap(({ ports }) => ports);
  const from = `Service ${key} sends port ${spec.port} to`;
  if (typeof target === 'string') {
    const named = listed.find(({ name }) => name === target);
    if (named === undefined) {
      const names = listed.flatMap(({ name }) => name || []).join(', ') || 'none';
      yield {
        place: placeOf(workload),
        message: `${from} the port named ${target} and the containers name ${names}: the pod is no endpoint of it`,
        fix: `ports: [{name: ${target}, containerPort: …}] in the container, or the number as targetPort of the Service`,
      };
    } else yield* checkNumber(workload, from, named.port);
    return;
  }
  yield* checkNumber(workload, from, target);
}

function* checkNumber(workload: Workload, from: string, port: number): Generator<Finding | Unchecked> {
  const ports = workload.lifecycle.containers.flatMap((container) => container.ports.map((one) => one.port));
  const answers = workload.listens(port);
  if (answers.length === 0) {
    if (ports.length === 0 || ports.includes(port)) return;
    yield {
      place: placeOf(workload),
      message: `${from} ${port} and the containers list ${[...new Set(ports)].join(', ')}: whether something listens there is not known`,
      fix: `the port that the container listens on as targetPort, and in its ports`,
      severity: 'info',
    };
    return;
  }
  const silent = answers.filter(({ state }) => state === 'not_listening' || state === 'port_mismatch');
  const loopback = answers.filter(({ state }) => state === 'bound_to_loopback');
  if (silent.length > 0) {
    const others = [...new Set(silent.flatMap((answer) => answer.others))].sort((a, b) => a - b);
    yield {
      place: placeOf(workload),
      message: `${from} ${port} and nothing listens there in ${counted(silent.length, 'pod')} of ${answers.length} on this node${others.length > 0 ? `; ${others.join(', ')} ${others.length === 1 ? 'does' : 'do'}` : ''}`,
      fix: others.length === 1 ? `targetPort: ${others[0]}` : 'the port that the application listens on as targetPort',
    };
  }
  if (loopback.length > 0)
    yield {
      place: placeOf(workload),
      message: `${from} ${port}, which listens on loopback only in ${counted(loopback.length, 'pod')} of ${answers.length} on this node: nothing from outside gets there`,
      fix: 'let the application listen on 0.0.0.0 or ::',
    };
  if (answers.every(({ state }) => state === 'unknown')) yield unchecked('sockets of its pods are not seen from here');
}
