import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isAtLimit, readAutoscaler } from '../../src/parse/autoscaler.ts';
import { autoscaler, cpu } from '../kubernetes/context-objects.ts';

it('reads what it has, may have and would have', () => {
  assert.deepEqual(readAutoscaler(autoscaler({ name: 'cart', replicas: 2, desired: 4, max: 8 })), {
    ...{ key: 'shop/cart', targetKind: 'Deployment', targetName: 'cart', current: 2, desired: 4, min: 1, max: 8 },
    isAboveTarget: null,
    ableToScale: { status: 'true', reason: 'ReadyForNewScale' },
    scalingActive: { status: 'unknown', reason: '' },
    scalingLimited: { status: 'unknown', reason: '' },
  });
});

it('one without status knows nothing of it; no current replicas beside desired ones are 0', () => {
  const { status: _, ...fresh } = autoscaler({ name: 'cart' });
  const found = readAutoscaler(fresh);
  assert.deepEqual([found?.current, found?.desired, found?.max], [null, null, 10]);
  const asleep = autoscaler({ name: 'cart', desired: 1 });
  delete asleep.status.currentReplicas;
  assert.equal(readAutoscaler(asleep)?.current, 0);
});

it('is at its limit when it would have more, not when it would have fewer than it must', () => {
  const limited = (reason: string) =>
    isAtLimit(readAutoscaler(autoscaler({ name: 'cart', conditions: [['ScalingLimited', 'True', reason]] }))!);
  assert.equal(limited('TooManyReplicas'), true);
  assert.equal(limited('TooFewReplicas'), false);
  assert.equal(isAtLimit(readAutoscaler(autoscaler({ name: 'cart' }))!), false);
});

it('is above its target by more than a tenth, in one of what is measured', () => {
  const told = (metrics: object[], currentMetrics: object[]) => {
    const { spec, status, ...one } = autoscaler({ name: 'cart' });
    return readAutoscaler({ ...one, spec: { ...spec, metrics }, status: { ...status, currentMetrics } })?.isAboveTarget;
  };
  const at = (percent: number) => told([cpu('target', 50)], [cpu('current', percent)]);
  assert.deepEqual([at(56), at(55), at(10)], [true, false, false]);
  const memory = (side: string, averageUtilization: number) => ({
    type: 'ContainerResource',
    containerResource: { name: 'memory', container: 'app', [side]: { averageUtilization } },
  });
  assert.equal(told([cpu('target', 50), memory('target', 80)], [cpu('current', 10), memory('current', 99)]), true);
  assert.equal(told([memory('target', 80)], [cpu('current', 99)]), null, 'another metric');
  assert.equal(told([{ type: 'External', external: { target: { averageValue: '7' } } }], []), null);
  assert.equal(told([cpu('target', 0)], [cpu('current', 5)]), null);
});

it('what is none is none', () => {
  for (const value of [null, 7, {}, { metadata: { name: 'x' } }, []]) assert.equal(readAutoscaler(value), null);
  const odd = readAutoscaler({ metadata: { name: 'x', namespace: 'y' }, spec: 3, status: { conditions: 'a' } });
  assert.deepEqual([odd?.current, odd?.max, odd?.targetName], [null, null, '']);
});
