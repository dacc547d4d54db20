import type { TestContext } from 'node:test';
import { cgroups } from '../../src/collectors/cgroups.ts';
import type { NodeLook } from '../../src/contract/node.ts';
import type { ConditionReport } from '../../src/contract/upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from '../support/context.ts';
import { EvidenceSeen } from '../support/evidence-seen.ts';
import { FakeCgroups } from '../support/fake-cgroups.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { lookOf, networkOf, processOf } from '../support/node-look.ts';

export const createCgroups = await cgroups.load();

export const UID = '8712f785-1a3e-41ec-a00b-e2dcc77431cb';
export const PODS = new Map([[UID, { namespace: 'shop', pod: 'cart-6d4cf56db6-x2bcd' }]]);
export const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];
export const SLICE = `kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice`;

export const nobody = lookOf({ notes: ['a note'] });

export function backend(pid: number, containerId: string, startTicks = 1000): NodeLook {
  const processes = [processOf({ pid, podUid: UID, containerId, startTicks })];
  return lookOf({ networks: [networkOf({ processes, isBackend: true })], pods: PODS, notes: ['a note'] });
}

export function rig(t: TestContext) {
  const proc = new FakeProc(t);
  const state: { look: NodeLook; nowMs: number } = { look: nobody, nowMs: 0 };
  const clock = { now: () => state.nowMs };
  const registry = new MetricRegistry(clock);
  const conditions = new Map<string, boolean | null>();
  const evidence = new EvidenceSeen();
  const condition = ({ subject, isActive, condition: name }: ConditionReport) =>
    conditions.set(`${name} ${subject.pod}/${subject.container} ${subject.gateway}`.trim(), isActive);
  const collector = createCgroups(
    cgroups.schema.parse({}),
    testContext(registry.writers(cgroups.metrics), {
      ...{ clock, evidence, conditions: { condition }, paths: { proc: proc.root, root: proc.root } },
      node: { look: () => Promise.resolve(state.look), markMoved: () => {} },
    }),
  );
  return {
    ...{ proc, state, conditions, collector, evidence, files: new FakeCgroups(proc) },
    poll: async () => await collector.poll(new AbortController().signal),
    samples: async (prefix = 'badgateway_') =>
      (await registry.render('text', 'test'))
        .toString()
        .split('\n')
        .filter((line) => line.startsWith(prefix))
        .sort(),
  };
}

/** One container of a v2 pod, process 7. */
export function v2Pod(t: TestContext) {
  const all = rig(t);
  all.files.mount('', '').make(SLICE, 'v2').make(`${SLICE}/cri-containerd-${A}.scope`, 'v2');
  all.proc.write('7/cgroup', `0::/${SLICE}/cri-containerd-${A}.scope\n`);
  all.state.look = backend(7, A);
  return all;
}
