import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collectorsSection } from '../../src/http/page-collectors.ts';
import { totalsSection } from '../../src/http/page-sections.ts';
import { emptyReport, incidentReport } from '../support/http-doubles.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');

describe('page sections', () => {
  it('totals are sorted, without zeros, with bars relative to the largest', () => {
    const { text } = totalsSection({
      ...emptyReport(),
      totals: [
        { gateway: 'a', cause: 'overload', count: 1 },
        { gateway: 'b', cause: 'dns_failure', count: 4 },
        { gateway: 'c', cause: 'app_error', count: 0 },
      ],
    });
    assert.deepEqual(
      [...text.matchAll(/rect width="([\d.]+)%"/g)].map(([, width]) => width),
      ['100.0', '25.0'],
    );
    assert.ok(text.indexOf('Name not resolved') < text.indexOf('Gateway overloaded'));
    assert.ok(!text.includes('application'));
  });

  it('a collector shows its state as a word and a colour, its age and its duration', () => {
    const { text } = collectorsSection(incidentReport(NOW), NOW);
    assert.match(text, /<span class="pill not_permitted">not permitted<\/span>/);
    assert.match(text, />73 s ago<\/time> <data value="2000">· took 2000\.0 ms<\/data>/);
    assert.match(text, /never/);
  });

  it('sources that fail or are silent come first', () => {
    const base = incidentReport(NOW);
    const [log] = base.collectors;
    const silent = { ...log, name: 'silent', intervalMs: 5000, lastSuccessAt: '2026-11-21T02:30:00Z' };
    const { text } = collectorsSection({ ...base, collectors: [...base.collectors, silent] }, NOW);
    const order = [...text.matchAll(/class="name"><b>(\w+)<\/b><\/td><td class="state"><span[^>]*>([\w ]+)</g)];
    assert.deepEqual(
      order.map(([, name, state]) => `${name} ${state}`),
      [
        'envoy_clusters failed',
        'silent stale',
        'conntrack not permitted',
        'nginx_error_log ok',
        'netstat ok',
        'nginx_status absent',
      ],
    );
  });
});
