import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PrometheusClient } from '../../src/capacity/prometheus.ts';
import { type CapacityReport, readReport, subjectOf } from '../../src/capacity/report.ts';
import { readWindow } from '../../src/commands/capacity-report-window.ts';
import { type BackfilledPrometheus, startBackfilled } from '../support/backfilled-prometheus.ts';
import { skipWithout } from '../support/programs.ts';
import { FULL, KNOWN, PAST } from './past.ts';

const HOW = process.env.BADGATEWAY_NIGHTLY === '1' ? 'blocks' : 'written';
const MINUTE_MS = 60_000;

describe('capacity report of a Prometheus with a known past', { skip: skipWithout('prometheus', 'promtool') }, () => {
  const endMs = Math.floor(Date.now() / MINUTE_MS - 2) * MINUTE_MS;
  const at = new Date(endMs).toISOString();
  let prometheus: BackfilledPrometheus;
  let report: CapacityReport;
  before(async () => {
    prometheus = await startBackfilled(
      [...PAST, ...FULL],
      { days: 28, endSeconds: endMs / 1000, everySeconds: 1800 },
      HOW,
    );
    report = await read({ window: '28d', match: ['cluster='] });
  });
  after(() => prometheus?.stop());

  const read = (flags: Parameters<typeof readWindow>[0], mostRows = 200) =>
    readReport(new PrometheusClient({ prometheus: prometheus.url }), {
      ...readWindow({ at, ...flags }, Date.now()),
      mostRows,
    });
  const rowsOf = ({ rows }: CapacityReport) =>
    new Map(rows.map((row) => [`${row.resource.id} ${subjectOf(row.labels)}`, row]));

  for (const { resource, subject, truth, shapes, mustTell } of KNOWN)
    it(`${resource} of ${subject}: within 15 % of ${truth} days, or nothing promised`, () => {
      const row = rowsOf(report).get(`${resource} ${subject}`);
      assert.ok(row, 'no row');
      const { forecast } = row;
      assert.ok(shapes.includes(forecast.shape), JSON.stringify(forecast));
      if (mustTell)
        assert.ok(forecast.isCertain && (forecast.daysLeft ?? forecast.notBefore) !== null, JSON.stringify(forecast));
      if (!forecast.isCertain || forecast.shape === 'at_limit') return;
      if (forecast.daysLeft !== null)
        assert.ok(Math.abs(forecast.daysLeft.estimate - truth) <= 0.15 * truth, JSON.stringify(forecast));
      // The peak of a day is at some hour of it.
      assert.ok(truth + 1 >= forecast.notBefore!, JSON.stringify(forecast));
    });

  it('has a row for each of them, and no other', () => {
    assert.deepEqual(
      [...rowsOf(report).keys()].sort(),
      KNOWN.map(({ resource, subject }) => `${resource} ${subject}`).sort(),
    );
  });

  it('promises nothing wrong of 14 days either', async () => {
    const rows = rowsOf(await read({ window: '14d', match: ['cluster='] }));
    let told = 0;
    for (const { resource, subject, truth } of KNOWN) {
      const { forecast } = rows.get(`${resource} ${subject}`)!;
      if (!forecast.isCertain || forecast.shape === 'at_limit') continue;
      told++;
      if (forecast.daysLeft !== null) assert.ok(Math.abs(forecast.daysLeft.estimate - truth) <= 0.15 * truth, subject);
      assert.ok(truth + 1 >= forecast.notBefore!, `${subject}: ${JSON.stringify(forecast)}`);
    }
    assert.ok(told >= 5, `${told} told`);
  });

  it('counts hits over restarts of a counter, and puts them first', () => {
    const [first] = report.actions;
    assert.equal(first.row.resource.id, 'conntrack');
    assert.equal(first.urgency, 'now');
    // 5 a day for 28 days; increase() extrapolates.
    assert.ok(Math.abs(first.row.losses! - 140) <= 5, String(first.row.losses));
    assert.match(first.cost, /159 MiB/);
  });

  it('says of what it has no series, and what its collector says', () => {
    const missing = new Map(report.missing.map(({ resource, why }) => [resource.id, why]));
    assert.match(missing.get('listen_queue')!, /no badgateway_listen_queue_length .*\(listeners: not_permitted\)/);
    assert.deepEqual(
      [...missing.keys()],
      ['open_files', 'local_ports', 'listen_queue', 'requests_per_core', 'envoy_pools', 'replicas'],
    );
  });

  it('names what is gone', () => {
    assert.match(
      report.notes.join(),
      /1 without a value in the last day, gone or not scraped: gone on 10\.0\.0\.1:9502/,
    );
  });

  it('counts what it leaves out', async () => {
    const cut = await read({ window: '28d', match: ['cluster='] }, 3);
    assert.equal(cut.rows.filter(({ resource }) => resource.id === 'worker_connections').length, 3);
    assert.match(cut.notes.join(), /worker connections: 8 more with less use are left out \(at most 3\)/);
  });

  it('has each resource, with the use and the limit of the fullest', async () => {
    const { rows, missing } = await read({ window: '28d', match: ['cluster=full'] });
    assert.deepEqual(missing, []);
    const told = rows.map(({ resource, labels, weekPeak, limit }) => [resource.id, subjectOf(labels), weekPeak, limit]);
    assert.deepEqual(told.sort(), [
      ['conntrack', 'full: edge/pods', 500, 65_536],
      ['cpu_throttling', 'full: edge/gw container envoy', 0.1, 0.25],
      ['envoy_pools', 'full: edge/gw → cart cx', 512, 1024],
      ['listen_queue', 'full: edge/pods port 8080', 3, 511],
      ['local_ports', 'full: edge/gw → cart (shop/cart)', 14_116, 28_232],
      ['memory', 'full: edge/gw container envoy', 2 ** 26, 2 ** 27],
      ['open_files', 'full: edge/gw', 0.5, 1],
      ['replicas', 'full: edge/gw', 4, 10],
      ['requests_per_core', 'full: edge/gw', 100, null],
      ['worker_connections', 'full: edge/gw', 100, 1000],
    ]);
    const files = rows.find(({ resource }) => resource.id === 'open_files')!;
    assert.deepEqual([files.isShare, files.largestLimit, files.forecast.isCertain], [true, 200, false]);
    assert.match(files.forecast.why.join(), /replicas have different limits/);
  });

  it('looks only at what --match says', async () => {
    const { rows, missing } = await read({ window: '28d', match: ['gateway=edge'] });
    assert.deepEqual(
      rows.map(({ labels }) => labels.gateway),
      ['edge'],
    );
    assert.equal(missing.length, 9);
  });
});
