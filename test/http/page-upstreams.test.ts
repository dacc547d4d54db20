import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { upstreamsSection } from '../../src/http/page-upstreams.ts';
import type { UpstreamsReport } from '../../src/http/views.ts';
import { driftReport, emptyUpstreams } from '../support/http-doubles.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const textOf = (report: UpstreamsReport) => upstreamsSection(report, NOW).text;
/** The rows of the first table, without what folds away. */
const rowsOf = (text: string) =>
  [
    ...(text
      .split('<details')[0]
      .split('</table>')[0]
      .matchAll(/<tr><td.*?<\/tr>/gs) ?? []),
  ].map(String);

const aged = (freshness: 'stale' | 'pending' | 'unwatched'): UpstreamsReport => {
  const report = driftReport(NOW);
  const currentAt = freshness === 'stale' ? '2026-11-21T02:48:00Z' : null;
  return { ...report, cluster: [{ ...report.cluster[0], freshness, currentAt }, ...report.cluster.slice(1)] };
};

/** `count` upstreams with one stale and one live address each. */
function many(count: number): UpstreamsReport {
  const report = driftReport(NOW);
  const [gateway] = report.gateways;
  const [upstream] = gateway.upstreams;
  const counts = { ...emptyUpstreams().counts, stale: 1, live: 1 };
  const addresses = upstream.addresses.filter(({ state }) => state === 'stale' || state === 'live');
  const upstreams = Array.from({ length: count }, (_, n) => ({ ...upstream, name: `up-${n}`, counts, addresses }));
  return { ...report, counts: { ...counts, stale: count, live: count }, gateways: [{ ...gateway, upstreams }] };
}

describe('the section of upstreams', () => {
  it('shows what is not live, the worst first, with place, age and pod', () => {
    const rows = rowsOf(textOf(driftReport(NOW)));
    assert.deepEqual(
      rows.map((row) => [/pill \w+">([\w ]+)</.exec(row)?.[1], /<code>([\d.:]+)</.exec(row)?.[1]]),
      [
        ['stale', '10.2.71.14:8080'],
        ['foreign', '10.2.71.15:8080'],
        ['missing', '10.2.71.16:8080'],
      ],
    );
    assert.match(rows[0], /pod <bdi>shop\/cart-7<\/bdi> \(gone\)/);
    assert.match(rows[0], /<code>shop_cart_80:88<\/code>/);
    assert.match(rows[0], />41 s ago</);
    assert.match(rows[0], /Service <bdi>shop\/shop_cart_80:80<\/bdi>/);
    assert.match(rows[0], /its endpoints changed .*43 s ago/);
    assert.match(rows[1], />10 min ago</);
  });

  it('folds live addresses to a number for each upstream, and those that are not compared away', () => {
    const text = textOf(driftReport(NOW));
    assert.ok(!text.includes('10.2.71.13'));
    assert.match(text, /<details class="fold" id="upstreams-live"><summary>1 live<\/summary>/);
    assert.match(text, /<summary>1 not compared<\/summary>.*unix:\/shop_cart_80.*>unix</s);
  });

  it('counts by state, each with its link', () => {
    const text = textOf(driftReport(NOW));
    assert.match(text, /<a class="pill failed" href="\/api\/v1\/upstreams\?state=stale">1 stale<\/a>/);
    assert.ok(!text.includes('port drift'));
  });

  it('shows conditions that hold with what they rest on, and counts the others', () => {
    const text = textOf(driftReport(NOW));
    assert.match(text, /no endpoints<\/span>.*<bdi>shop_cart_80<\/bdi>.*90 s ago/s);
    assert.match(text, /1 more looked at, not active/);
    assert.ok(!text.includes('truth stale'));
  });

  it('says that no condition is active where none is', () => {
    const report = driftReport(NOW);
    const text = textOf({ ...report, conditions: report.conditions.map((one) => ({ ...one, isActive: false })) });
    assert.match(text, />none of 2 that were looked at is active</);
  });

  it('calls what has no upstream block so', () => {
    const report = driftReport(NOW);
    const [gateway] = report.gateways;
    const upstreams = gateway.upstreams.map((one) => ({ ...one, name: 'implicit:10.2.71.14:3000' }));
    const text = textOf({ ...report, gateways: [{ ...gateway, upstreams }] });
    assert.match(text, /→ no upstream block · /);
    assert.doesNotMatch(text, /implicit:/);
  });

  it('says how old what it knows of the cluster is; an old view looks old', () => {
    const fresh = textOf(driftReport(NOW));
    assert.match(
      fresh,
      /pill ok">fresh<\/span> <code>endpointslices<\/code> <span[^>]*>1,204, current <time [^>]*>2 s ago</,
    );
    assert.ok(!/class="old"|aged/.test(fresh));
    assert.match(
      textOf(aged('stale')),
      /class="card aged">.*<p class="old"><b>What is known of the cluster is old: it was current <time [^>]*>12 min ago/s,
    );
    assert.match(textOf(aged('pending')), /<p class="old"><b>Nothing is known of the cluster yet/);
    assert.match(textOf(aged('unwatched')), /<p class="old">No source of EndpointSlices is watched/);
  });

  it('without a cluster says once why nothing is compared, and folds the addresses away', () => {
    const report = aged('unwatched');
    const [gateway] = report.gateways;
    const [upstream] = gateway.upstreams;
    const addresses = upstream.addresses.map((one) => (one.state === '' ? one : { ...one, state: 'unknown' as const }));
    const counts = { ...emptyUpstreams().counts, unknown: 4 };
    const mapping = { method: 'none', reason: 'its name says nothing' } as const;
    const upstreams = [{ ...upstream, service: null, mapping, counts, addresses }];
    const text = textOf({ ...report, counts, gateways: [{ ...gateway, upstreams }] });
    assert.match(
      text,
      /nothing to compare with: every address is unknown\. Outside of Kubernetes .*collectors\.kubernetes/,
    );
    assert.deepEqual(rowsOf(text), []);
    assert.ok(!text.includes('its name says nothing'));
    const [, folded = ''] = /id="upstreams-unknown"><summary>4 unknown<\/summary>(.*?)<\/details>/s.exec(text) ?? [];
    assert.equal(folded.match(/<tr><td>/g)?.length, 4);
    assert.match(folded, /<code>10\.2\.71\.14:8080<\/code><\/td><td class="num"><code>shop_cart_80:88</);
    assert.equal(rowsOf(textOf(aged('pending'))).length, 3, 'with one they stand there');
  });

  it('names a proxy that was read too long ago', () => {
    const report = driftReport(NOW);
    const old = { ...report, gateways: report.gateways.map((gateway) => ({ ...gateway, isOld: true })) };
    assert.match(
      textOf(old),
      /<p class="old"><b><bdi>nginx shop_cart_80 \(edge-1\)<\/bdi><\/b> was read <time [^>]*>1 s ago/,
    );
  });

  it('says that nothing drifts, and that nothing is known, in different words', () => {
    const quiet = { ...driftReport(NOW), counts: { ...emptyUpstreams().counts, live: 7 } };
    assert.match(textOf(quiet), /Nothing drifts/);
    const empty = textOf(emptyUpstreams());
    assert.match(empty, /No upstream is known/);
    assert.ok(!/Nothing drifts|class="old"/.test(empty));
  });

  it('bounds its rows with a thousand upstreams, and says how many more there are and where', () => {
    const text = textOf(many(1000));
    assert.equal(rowsOf(text).length, 100);
    assert.match(text, /and 900 more, see <a href="\/api\/v1\/upstreams">/);
    assert.match(text, /and 500 more upstreams/);
    assert.ok(text.length < 200_000, String(text.length));
  });

  it('says what was left out of the report itself', () => {
    const report = many(200);
    const cut = { ...report, truncated: 4800, counts: { ...report.counts, stale: 5000 } };
    assert.match(textOf(cut), /and 4,900 more, see/);
    assert.match(textOf(cut), /<p class="old">4,800 addresses are too many for this page/);
    assert.ok(!textOf(report).includes('too many'));
  });

  it('escapes every text', () => {
    const text = textOf(driftReport(NOW, `</bdi><script>alert("1")</script>' onload=x \u202e\u001b[2J`));
    assert.ok(text.includes('&lt;script&gt;'));
    assert.ok(!/<script|["'] onload|[\u202e\u001b]/.test(text));
  });
});
