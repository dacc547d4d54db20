import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { queriesOf } from '../../src/capacity/queries.ts';
import { RESOURCES } from '../../src/capacity/resources.ts';
import { OWN_METRICS } from '../alerts/known-metrics.ts';

describe('the queries of capacity-report', () => {
  it('name only metrics and labels that badgateway declares', () => {
    for (const resource of RESOURCES) {
      const { use, limit, losses, labels, limitLacks = [] } = resource;
      const gauges = typeof use === 'string' ? [use] : [...use.counters, use.over];
      for (const metric of [...gauges, typeof limit === 'string' ? limit : [], losses?.counter ?? []].flat()) {
        const declared = OWN_METRICS.get(metric);
        assert.ok(declared, `${resource.id}: ${metric}`);
        const lacks = metric === limit ? limitLacks : metric === losses?.counter ? labels : [];
        for (const label of labels.filter((label) => !lacks.includes(label)))
          assert.ok(declared.labels.includes(label), `${resource.id}: ${metric} has no ${label}`);
      }
    }
  });

  it('put the matchers of the user into every selector', () => {
    for (const resource of RESOURCES) {
      const { losses, ...queries } = queriesOf(resource, 'cluster="eu"');
      for (const query of [...Object.values(queries), losses?.('14d') ?? null]) {
        if (query === null) continue;
        const selectors = query.match(/badgateway_\w+(\{[^}]*\})?/g) ?? [];
        assert.deepEqual(
          selectors.filter((selector) => !selector.includes('cluster="eu"')),
          [],
          resource.id,
        );
      }
    }
  });
});
