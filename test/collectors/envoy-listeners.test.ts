import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ListenerSeries, listenerLabel } from '../../src/collectors/envoy-listeners.ts';
import { ENVOY_METRICS } from '../../src/collectors/envoy-metrics.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

const total = (name: string, value: number) => ({
  ...({ stat: 'downstream_cx_total', name: `listener.${name}.downstream_cx_total`, value, growth: 0 } as const),
});
const active = (name: string, value: number) => ({
  ...({ stat: 'downstream_cx_active', name: `listener.${name}.downstream_cx_active`, value, growth: 0 } as const),
});

describe('ListenerSeries', () => {
  it('names listeners by port, never by the address of a pod', () => {
    const names = [
      '0.0.0.0_15001',
      '[__]_80',
      '10.0.0.7_8080',
      '[fd00__7]_8080',
      'ingress',
      '/run/front.sock',
      'app_1',
    ];
    assert.deepEqual(
      names.map((name) => listenerLabel(`listener.${name}.downstream_cx_total`)),
      ['0.0.0.0_15001', '[__]_80', 'ip_8080', 'ip_8080', 'ingress', '/run/front.sock', 'app_1'],
    );
  });

  it('shows what clients opened and hold, and takes away what is gone', async () => {
    const registry = new MetricRegistry({ now: () => 1e12 });
    const subject = { namespace: '', pod: '', container: '', gateway: 'g' };
    const series = new ListenerSeries(registry.writers(ENVOY_METRICS), subject);
    const lines = async () =>
      (await registry.render('text', 'test'))
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('badgateway_envoy_listener_connections'))
        .map((line) => line.replace(/^badgateway_envoy_listener_connections_(\w+).*listener="(.*)"} /, '$1 $2 '))
        .sort();
    series.show([total('0.0.0.0_80', 7), active('0.0.0.0_80', 2), total('10.0.0.1_9', 3), total('10.0.0.2_9', 4)]);
    assert.deepEqual(await lines(), ['active 0.0.0.0_80 2', 'active ip_9 0', 'total 0.0.0.0_80 7', 'total ip_9 7']);
    series.show([total('0.0.0.0_80', 8), active('0.0.0.0_80', 0)]);
    assert.deepEqual(await lines(), ['active 0.0.0.0_80 0', 'total 0.0.0.0_80 8']);
    series.hide();
    assert.deepEqual(await lines(), []);
    assert.equal(series.show(Array.from({ length: 103 }, (_, at) => total(`l${at}`, 1))), 3);
    assert.equal((await lines()).length, 200);
  });
});
