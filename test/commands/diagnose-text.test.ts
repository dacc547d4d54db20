import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildReport } from '../../src/commands/diagnose-report.ts';
import { diagnoseText } from '../../src/commands/diagnose-text.ts';
import { blindPage, incidentPage } from '../support/page-reports.ts';
import { lookedOf } from '../support/run-diagnose.ts';

const AT = Date.parse('2026-11-21T03:00:00Z');
const SPAN = { atMs: AT, sinceMs: AT - 900_000, notes: ['error.log: only its last 64 MiB are read back'] };

function textOf(page: ReturnType<typeof incidentPage>, options: { width?: number; hasColour?: boolean } = {}) {
  const report = buildReport({ looked: lookedOf(page), source: { kind: 'here' }, ...SPAN });
  return diagnoseText(report, { width: options.width ?? null, hasColour: options.hasColour ?? false });
}

describe('text of diagnose', () => {
  it('says cause, numbers, evidence, what was done and what to do', () => {
    const [head, summary, first] = textOf(incidentPage(AT)).split('\n\n');
    assert.equal(head, 'The last 15 min until 2026-11-21T03:00:00Z, seen by a look of this command');
    assert.equal(summary, '5 findings: 2 failing now, 3 bad states without a failure');
    assert.equal(
      first,
      `1. FAILING NOW  nginx edge sends requests for shop/cart to 10.2.71.14:8080, which no pod has had since 02:55
   cause       stale_endpoint 1,702 (89.9 %), no_live_upstreams 191 (10.0 %)
   numbers     1,893 failures, now 12 failures/s, 1.8 % of the gateway’s requests, began 02:55:38Z, 4 min ago, last 1 s ago
   affected    shop/cart:80
   evidence    10.2.71.14 left the EndpointSlices of shop/cart at 02:55:31; nginx still has it (/etc/nginx/conf.d/shop.conf:88), its workers began at 02:41:10
               the pod shop/cart-7c9d-h2k4n that had the address is gone since 02:55:33
               2 of 2 replicas of edge still have the address; the configuration was last read 14 min before it left
               all 2 peers of shop-cart-80 were taken down by 14 failures within fail_timeout=10s
   02:41:10Z   nginx edge read its configuration; 4 new workers
   02:55:10Z   shop/cart: 3 pods replaced, the last was ready after 21 s
   02:55:31Z   1 address of shop/cart is stale in edge
   02:55:38Z   requests to 10.2.71.14:8080 begin to fail
   02:58:02Z   Unhealthy: readiness probe of shop/cart-7c9d-9qv2z failed once
   log         2026/11/21 02:59:58 [error] 31#31: *48211 upstream timed out (110: Operation timed out) while connecting to upstream, upstream: "http://10.2.71.14:8080/…"
               2026/11/21 02:59:57 [error] 31#31: *48209 connect() failed (113: No route to host) while connecting to upstream, upstream: "http://10.2.71.14:8080/…"
   next        Make nginx read its upstreams anew: \`kubectl -n ingress exec deploy/edge -- nginx -s reload\`, then see whether 10.2.71.14 is gone with \`badgateway upstreams --state stale\`.`,
    );
  });

  it('fits the terminal; only what is to be copied is left whole', () => {
    const lines = textOf(incidentPage(AT), { width: 60 }).split('\n');
    const long = lines.filter((line) => line.length > 60 && !line.startsWith('   next '));
    assert.deepEqual(long, []);
    assert.ok(lines.some((line) => line.length > 100 && line.startsWith('   next ')));
  });

  it('is the same text with colour', () => {
    const painted = textOf(incidentPage(AT), { width: 80, hasColour: true });
    assert.match(painted, /\u001b\[31m1\. FAILING NOW {2}\u001b\[0m\u001b\[1mnginx edge/);
    assert.equal(painted.replaceAll(/\u001b\[\d+m/g, ''), textOf(incidentPage(AT), { width: 80 }));
  });

  it('ends with what was not seen, and notes', () => {
    const text = textOf({ ...blindPage(AT), incidents: [] });
    assert.ok(
      text.endsWith(`OK  Nothing found in what could be seen; 3 sources could not be read

Not seen:
 - failures that nginx logs (nginx_error_log, stale, last seen 14 min ago): 2 files, nothing left to read
 - failures that Envoy counts (envoy, failed, last seen 6 min ago): http://127.0.0.1:9901/clusters: no answer within 2 s
 - which addresses are stale (endpointslices, stale, last seen 15 min ago)

note: error.log: only its last 64 MiB are read back
`),
      text,
    );
  });
});
