import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { finalise } from '../../dashboards/finalise.ts';
import { lines } from '../../dashboards/panels.ts';

const panel = (title: string) =>
  lines({ title, description: 'A panel.', unit: 'short', width: 6 }, [
    { expr: 'up', legend: '{{a}}' },
    { expr: 'up', legend: '{{b}}' },
  ]);

test('ids come from the titles: a panel that is put in between does not change the others', () => {
  const before = finalise(new DashboardBuilder('d').withPanel(panel('one')).withPanel(panel('two')).build());
  const later = finalise(
    new DashboardBuilder('d').withPanel(panel('new')).withPanel(panel('one')).withPanel(panel('two')).build(),
  );
  assert.deepEqual(
    later.panels?.slice(1).map(({ id }) => id),
    before.panels?.map(({ id }) => id),
  );
});

test('rows have an id other than 0 and targets have refIds', () => {
  const { panels } = finalise(new DashboardBuilder('d').withRow(new RowBuilder('row')).withPanel(panel('one')).build());
  assert.ok((panels?.[0].id ?? 0) > 0);
  assert.match(JSON.stringify(panels?.[1]), /"refId":"A".*"refId":"B"/);
});

test('links of data have no placement', () => {
  const link = { title: 'more', url: '/d/badgateway-node/more?var-pod=edge-0' };
  const text = { title: 'one', description: 'A panel.', unit: 'short', width: 6, link };
  const linked = lines(text, [{ expr: 'up', legend: '{{a}}' }]);
  const { panels } = finalise(new DashboardBuilder('d').withPanel(linked).build());
  const json = JSON.stringify(panels);
  assert.match(json, /"url":"\/d\/badgateway-node\/more\?var-pod=edge-0"/);
  assert.doesNotMatch(json, /placement":"inControlsMenu/);
});

test('two panels of one title are refused', () => {
  assert.throws(
    () => finalise(new DashboardBuilder('d').withPanel(panel('one')).withPanel(panel('one')).build()),
    /rename one/,
  );
});
