import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  collectorsSection,
  formatCount,
  totalsSection,
  verdictsSection,
  wordsSection,
} from '../../src/http/page-sections.ts';
import type { StatusReport } from '../../src/http/views.ts';
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
    assert.match(text, /ok 73 s ago · 2000\.0 ms/);
    assert.match(text, /never succeeded/);
  });

  it('a verdict without peer and evidence has no empty places', () => {
    const [verdict] = incidentReport(NOW).verdicts;
    const { text } = verdictsSection(
      { ...emptyReport(), verdicts: [{ ...verdict, peer: '', evidence: '', upstream: '', count: 1 }] },
      NOW,
    );
    assert.ok(!/<code><\/code>|<bdi><\/bdi>|<p><\/p>|upstream/.test(text), text);
    assert.match(text, /<b>1<\/b><span[^>]*>failure<\/span>/);
  });

  it('a cause that a newer part reports is shown by its name', () => {
    const [verdict] = incidentReport(NOW).verdicts;
    const report = { ...emptyReport(), verdicts: [{ ...verdict, cause: 'brand_new' }] } as unknown as StatusReport;
    assert.match(verdictsSection(report, NOW).text, /<h3>brand new/);
    assert.match(wordsSection(report)?.text ?? '', /id="cause-brand_new"/);
  });

  it('counts have separators', () => assert.equal(formatCount(1234567), '1,234,567'));
});
