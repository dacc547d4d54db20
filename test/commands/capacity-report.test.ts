import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Command } from 'commander';
import { type CapacityReportOptions, runCapacityReport } from '../../src/commands/capacity-report.ts';
import { addCapacityReport } from '../../src/commands/capacity-report-flags.ts';

const DAY_SECONDS = 86_400;

describe('badgateway capacity-report', () => {
  let server: Server;
  let url: string;
  /** Answers to queries that have this in them. */
  let answers: readonly (readonly [part: string, values: (at: number) => number])[];
  let asked: string[];

  beforeEach(async () => {
    [answers, asked] = [[], []];
    server = createServer((request, response) => {
      const { searchParams: of } = new URL(request.url!, 'http://a');
      const query = of.get('query')!;
      asked.push(query);
      const [start, end] = [Number(of.get('start')), Number(of.get('end'))];
      const found = answers.find(([part]) => query.includes(part));
      const count = Math.round((end - start) / DAY_SECONDS) + 1;
      const values = Array.from({ length: count }, (_, at) => [start + at * DAY_SECONDS, String(found?.[1](at))]);
      const result = found === undefined ? [] : [{ metric: { gateway: 'edge', instance: 'a:9502' }, values }];
      response.end(JSON.stringify({ status: 'success', data: { result } }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => void server.close());

  async function run(options: Partial<CapacityReportOptions> = {}) {
    const told: { out: string[]; notes: string[] } = { out: [], notes: [] };
    const code = await runCapacityReport(
      { prometheus: url, ...options },
      { out: (text) => void told.out.push(text), note: (sentence) => void told.notes.push(sentence) },
    );
    return { code, out: told.out.join(''), notes: told.notes };
  }
  const growing = () => {
    answers = [
      [
        'count_over_time((group by (cluster, namespace, gateway) (last_over_time(badgateway_worker_connections_used',
        () => 24,
      ],
      ['badgateway_worker_connections_used', (at) => 530 + 10 * at],
      ['badgateway_worker_connections_limit', () => 1000],
    ];
  };

  it('writes Markdown, HTML or JSON', async () => {
    growing();
    assert.match((await run({ window: '28d' })).out, /^# Capacity of the gateways/);
    assert.match((await run({ window: '28d', format: 'html' })).out, /^<!doctype html>/);
    const { code, out } = await run({ window: '28d', format: 'json' });
    const { rows } = JSON.parse(out);
    assert.deepEqual([code, rows.length, Math.round(rows[0].forecast.daysLeft.estimate)], [0, 1, 20]);
  });

  it('fails when something may be full within the days of --fail-under', async () => {
    growing();
    assert.equal((await run({ window: '28d', failUnder: '30' })).code, 1);
    assert.equal((await run({ window: '28d', failUnder: '10' })).code, 0);
  });

  it('says that there is nothing of badgateway, with code 2', async () => {
    const { code, out, notes } = await run();
    assert.equal(code, 2);
    assert.match(
      notes.join(),
      /no capacity series of badgateway in the last 14 days: is badgateway scraped .*, and since before \d{4}-\d\d-\d\dT[\d:]{8}Z\?$/,
    );
    assert.match(out, /Nothing can be said: nothing was seen/);
  });

  it('names the flag that is wrong', async () => {
    const wrong: readonly [Partial<CapacityReportOptions>, RegExp][] = [
      [{ window: '3d' }, /--window "3d": write 7d to 90d/],
      [{ window: '99w' }, /--window "99w"/],
      [{ match: ['namespace'] }, /--match "namespace": write label=value/],
      [{ match: ['a-b=c'] }, /--match "a-b=c"/],
      [{ requestsPerCore: '-1' }, /--requests-per-core "-1": write a number above 0/],
      [{ failUnder: 'soon' }, /--fail-under "soon": write whole days/],
      [{ at: 'yesterday' }, /--at "yesterday": write a time that was/],
      [{ at: '2999-01-01T00:00:00Z' }, /--at "2999/],
      [{ prometheus: 'ftp://x' }, /--prometheus "ftp:\/\/x": write its address/],
    ];
    for (const [options, words] of wrong) {
      const { code, notes, out } = await run(options);
      assert.deepEqual([code, out], [2, ''], String(words));
      assert.match(notes.join(), words);
    }
  });

  it('quotes what --match has, and compares requests with what the user measured', async () => {
    growing();
    await run({ match: ['namespace=a"} or up{x="'] });
    assert.ok(asked.some((query) => query.includes('namespace="a\\"} or up{x=\\""}')));
    answers = [['badgateway_requests_total', () => 24]];
    const { out } = await run({ window: '28d', format: 'json', requestsPerCore: '100' });
    const { rows } = JSON.parse(out);
    assert.deepEqual([rows[0].resource, rows[0].limit, rows[0].weekPeak], ['requests_per_core', 100, 24]);
  });

  it('has a help with examples', () => {
    const help: string[] = [];
    const program = new Command().exitOverride().configureOutput({ writeOut: (text) => void help.push(text) });
    addCapacityReport(program, () => {});
    assert.throws(() => program.parse(['capacity-report', '--help'], { from: 'user' }));
    assert.match(help.join(''), /Examples:\n {2}badgateway capacity-report --prometheus http/);
  });
});
