import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Upscales } from '../../src/collectors/kubernetes-upscales.ts';
import { type Autoscaler, readAutoscaler } from '../../src/parse/autoscaler.ts';
import { autoscaler, cpu } from '../kubernetes/context-objects.ts';

const MINUTE = 60_000;

/** As the API tells it, with a target of 50 %. */
function told(percent: number, desired: number): Autoscaler {
  const { spec, status, ...one } = autoscaler({ name: 'cart', desired });
  const metrics = [cpu('target', 50)];
  return readAutoscaler({
    ...{ ...one, spec: { ...spec, metrics } },
    status: { ...status, currentMetrics: [cpu('current', percent)] },
  })!;
}

function ground() {
  const clock = { ms: 0, now: () => clock.ms };
  const measured: [string, number][] = [];
  const world = { ready: 2 };
  const upscales = new Upscales({
    clock,
    workloads: { readyEndpointsOf: (workload) => (workload === 'shop/cart' ? world.ready : 0) },
    metrics: {
      autoscalerUpscale: {
        observe({ namespace, autoscaler, since }, seconds) {
          assert.deepEqual([namespace, autoscaler], ['shop', 'cart']);
          measured.push([since, seconds]);
        },
      },
    },
  });
  let before = told(40, 2);
  const says = (percent: number, desired: number) => {
    const now = told(percent, desired);
    upscales.changed(before, now);
    before = now;
  };
  const after = (ms: number, ready = world.ready) => {
    clock.ms += ms;
    world.ready = ready;
    upscales.look();
  };
  return { says, after, measured, upscales };
}

it('measures from saturation and from the asking until more endpoints are ready', () => {
  const { says, after, measured } = ground();
  says(90, 2);
  after(3 * MINUTE);
  says(95, 4);
  after(MINUTE);
  assert.deepEqual(measured, []);
  after(10_000, 3);
  assert.deepEqual(measured, [
    ['above_target', 250],
    ['asked', 70],
  ]);
  after(MINUTE, 4);
  assert.equal(measured.length, 2, 'once');
});

it('the load may be less before they are ready, and nobody may have told of the load', () => {
  const first = ground();
  first.says(90, 4);
  first.says(30, 4);
  first.after(MINUTE, 3);
  assert.deepEqual(first.measured, [
    ['above_target', 60],
    ['asked', 60],
  ]);
  const second = ground();
  second.says(40, 4);
  second.after(MINUTE, 3);
  assert.deepEqual(second.measured, [['asked', 60]]);
});

it('says nothing of endpoints that nobody asked for, of a load that went, of replicas taken back, and after an hour', () => {
  const cases: ((ground_: ReturnType<typeof ground>) => void)[] = [
    ({ says }) => says(90, 2),
    ({ says }) => {
      says(90, 2);
      says(40, 2);
    },
    ({ says }) => {
      says(90, 4);
      says(90, 3);
    },
    ({ says, after }) => {
      says(90, 4);
      after(61 * MINUTE);
    },
    ({ says, upscales }) => {
      says(90, 4);
      upscales.delete('shop/cart');
    },
    ({ says, upscales }) => {
      says(90, 4);
      upscales.clear();
    },
  ];
  for (const happens of cases) {
    const one = ground();
    happens(one);
    one.after(1000, 3);
    assert.deepEqual(one.measured, []);
  }
});
