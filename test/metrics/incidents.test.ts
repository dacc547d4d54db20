import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CAUSES } from '../../src/contract/names.ts';
import { INCIDENT_METRICS, IncidentSeries } from '../../src/metrics/incidents.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

it('counts what begins and what is dropped, and shows what is open', () => {
  const registry = new MetricRegistry({ now: () => 0 });
  const series = new IncidentSeries(registry.writers(INCIDENT_METRICS));
  const begun = (cause: string) => registry.get('badgateway_incidents_total')?.value({ cause });
  for (const cause of ['', ...CAUSES]) assert.equal(begun(cause), 0);
  assert.equal(registry.get('badgateway_incidents_dropped_total')?.value({}), 0);
  const edge = { namespace: 'gw', gateway: 'edge' };
  series.opened({ ...edge, cause: 'stale_endpoint' });
  series.opened({ ...edge, cause: null });
  series.dropped();
  assert.deepEqual([begun('stale_endpoint'), begun(''), begun('app_error')], [1, 1, 0]);
  assert.equal(registry.get('badgateway_incidents_dropped_total')?.value({}), 1);
  const open = () =>
    [...(registry.get('badgateway_incidents_open')?.entries() ?? [])].map(({ labels, value }) => [labels.cause, value]);
  series.publish([
    { ...edge, cause: 'stale_endpoint' },
    { ...edge, cause: 'stale_endpoint' },
    { ...edge, cause: null },
  ]);
  assert.deepEqual(open(), [
    ['stale_endpoint', 2],
    ['', 1],
  ]);
  series.publish([]);
  assert.deepEqual(open(), []);
});
