import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Command } from 'commander';
import { addDiagnose } from '../../src/commands/diagnose-flags.ts';
import type { DiagnoseReport } from '../../src/commands/diagnose-report.ts';
import { emptyPage, healthyPage, incidentPage } from '../support/page-reports.ts';
import { DiagnoseRig } from '../support/run-diagnose.ts';

let rig: DiagnoseRig;

/** Without the incident that is over, which was hours ago. */
const healthy = () => ({ ...healthyPage(Date.now()), incidents: [], incidentsTotal: 0 });

describe('badgateway diagnose --server', () => {
  beforeEach(async () => {
    rig = new DiagnoseRig();
    await rig.start();
  });
  afterEach(() => rig.stop());

  it('1 and the findings, the most urgent first', async () => {
    rig.doubles.statusSource.page = incidentPage(Date.now());
    const { code, out, notes } = await rig.run();
    assert.deepEqual([code, notes], [1, '']);
    const titles = out.split('\n').filter((line) => /^\d\. /.test(line));
    assert.deepEqual(
      titles.map((line) => line.slice(0, 14)),
      ['1. FAILING NOW', '2. FAILING NOW', '3. BAD STATE  ', '4. BAD STATE  ', '5. BAD STATE  '],
    );
    assert.match(out, /\n {3}cause {7}stale_endpoint 1,702 \(89\.9 %\), no_live_upstreams 191 \(10\.0 %\)\n/);
  });

  it('0 when nothing is found', async () => {
    rig.doubles.statusSource.page = healthy();
    const { code, out } = await rig.run();
    assert.equal(code, 0);
    assert.match(out, /\nOK {2}Nothing found\n/);
  });

  it('0 in words when a part could not be seen, 2 when no failure could', async () => {
    const page = healthy();
    const [log, envoy, ...rest] = page.status.collectors;
    const barred = { ...envoy, state: 'not_permitted', detail: 'needs the group adm' } as const;
    rig.doubles.statusSource.page = { ...page, status: { ...page.status, collectors: [log, barred, ...rest] } };
    const partly = await rig.run();
    assert.equal(partly.code, 0);
    assert.match(partly.out, /Nothing found in what could be seen; 1 source could not be read/);
    assert.match(partly.out, /failures that Envoy counts \(envoy, not permitted\): needs the group adm/);
    rig.doubles.statusSource.page = {
      ...page,
      status: { ...page.status, collectors: [{ ...log, state: 'absent', detail: 'no log' }, barred, ...rest] },
    };
    const blind = await rig.run();
    assert.equal(blind.code, 2);
    assert.match(blind.out, /BLIND {2}Could not look: no gateway’s failed requests can be read here/);
    assert.match(blind.out, /note: nginx_error_log: no log/);
  });

  it('says in JSON what it says in words', async () => {
    rig.doubles.statusSource.page = incidentPage(Date.now());
    const { code, out } = await rig.run({ json: true });
    const report = JSON.parse(out) as DiagnoseReport & { exitCode: number };
    assert.deepEqual([code, report.exitCode, report.outcome, report.upstream], [1, 1, 'findings', null]);
    assert.deepEqual(Object.keys(report), [
      ...['at', 'since', 'source', 'outcome', 'summary', 'seesFailures', 'findings', 'blindSpots', 'notes'],
      ...['upstream', 'exitCode'],
    ]);
    assert.deepEqual(Object.keys(report.findings[0]), [
      ...['kind', 'id', 'isNow', 'title', 'gateway', 'namespace', 'cause', 'failures', 'failuresPerSecond', 'share'],
      ...['affected', 'startedAt', 'lastAt', 'causes', 'conditions', 'evidence', 'timeline', 'samples', 'next'],
    ]);
    assert.deepEqual(
      report.findings.map(({ kind, isNow, cause }) => [kind, isNow, cause]),
      [
        ['incident', true, 'stale_endpoint'],
        ['incident', true, 'listen_queue_overflow'],
        ['incident', true, null],
        ['condition', true, null],
        ['drift', true, null],
      ],
    );
  });

  it('lets no text of a log act on the terminal', async () => {
    const page = incidentPage(Date.now());
    const hostile = '\u001b]0;owned\u0007\u202e\u2066 x\r\n';
    const incidents = page.incidents.map((one) => ({
      ...one,
      ...{ title: hostile, next: hostile, affected: [hostile], samples: [hostile] },
      causes: one.causes.map((cause) => ({ ...cause, evidence: [hostile] })),
      timeline: one.timeline.map((entry) => ({ ...entry, text: hostile })),
    }));
    rig.doubles.statusSource.page = { ...page, incidents };
    for (const json of [false, true]) {
      const { out } = await rig.run({ json });
      assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      assert.match(out, /\\u202e/);
    }
  });

  it('says when the server has not been up for so long', async () => {
    rig.doubles.statusSource.page = healthy();
    const { out } = await rig.run({ since: '1d' });
    assert.match(out, /note: this badgateway runs since .*--no-server reads the logs back/);
  });
});

describe('badgateway diagnose with an upstream', () => {
  beforeEach(async () => {
    rig = new DiagnoseRig();
    await rig.start();
    rig.doubles.statusSource.page = incidentPage(Date.now());
  });
  afterEach(() => rig.stop());

  it('1 when a step fails, with the findings that concern it', async () => {
    const { code, out } = await rig.run({ upstream: 'shop-cart-80' });
    assert.equal(code, 1);
    assert.match(out, /FAIL {5}4\. Can it be reached\?/);
    assert.match(out, /\nBegin with step \d\. /);
    assert.match(out, /FAILING NOW/);
    assert.doesNotMatch(out, /pay\/payments/);
  });

  it('has all seven steps in JSON', async () => {
    const { out } = await rig.run({ upstream: 'shop-cart-80', json: true });
    const { upstream } = JSON.parse(out) as DiagnoseReport;
    assert.deepEqual(
      upstream?.steps.map(({ number }) => number),
      [1, 2, 3, 4, 5, 6, 7],
    );
    assert.deepEqual(upstream?.gateways, [
      { gateway: 'nginx shop-cart-80 (edge-1)', upstream: 'shop-cart-80', service: 'shop/shop-cart-80:80' },
    ]);
  });

  it('2 and those that are known when there is no such upstream', async () => {
    const { code, notes } = await rig.run({ upstream: 'nope' });
    assert.equal(code, 2);
    assert.match(notes, /no upstream "nope" is known; there are shop\/shop-cart-80/);
    rig.doubles.statusSource.page = emptyPage();
    assert.match((await rig.run({ upstream: 'nope' })).notes, /no upstream of any gateway is known/);
  });
});

describe('badgateway diagnose refuses', () => {
  beforeEach(async () => {
    rig = new DiagnoseRig();
    await rig.start();
  });
  afterEach(() => rig.stop());

  it('a time that is none, or not in the past', async () => {
    assert.match((await rig.run({ since: '15' })).notes, /--since "15": give a duration such as 15m/);
    assert.match((await rig.run({ since: '2999-01-01' })).notes, /is not in the past/);
    assert.equal((await rig.run({ since: '' })).code, 2);
  });

  it('--probe without an upstream, --config with --server', async () => {
    assert.match((await rig.run({ probe: true })).notes, /--probe needs an upstream/);
    assert.match((await rig.run({ config: '/x.yaml' })).notes, /give it without --server/);
  });

  it('a server that does not answer, or is none of ours', async () => {
    await rig.stop();
    const gone = await rig.run();
    assert.equal(gone.code, 2);
    assert.match(gone.notes, /nobody listens there.*Another one: --server/);
    const other = createServer((_, response) => response.end('{"hello":1}')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const answer = await rig.run({ server: url });
    assert.equal(answer.code, 2);
    assert.match(answer.notes, /the answer is not that of \/api\/v1\/status: is this badgateway/);
    other.close();
  });

  it('a configuration that is wrong', async () => {
    const { code, notes } = await rig.run({ server: false, config: '/nonexistent.yaml' });
    assert.equal(code, 2);
    assert.match(notes, /nonexistent\.yaml/);
  });
});

it('diagnose --no-server is no server, and --server a URL', async () => {
  const program = new Command().exitOverride().configureOutput({ writeOut() {}, writeErr() {} });
  addDiagnose(program, () => {});
  const [command] = program.commands;
  const parse = (...args: string[]) => command.parseOptions(args) && command.opts().server;
  assert.equal(parse('--no-server'), false);
  assert.equal(parse('--server', 'http://a'), 'http://a');
});
