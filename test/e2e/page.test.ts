import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Servers } from '../../src/http/servers.ts';
import { createServers } from '../../src/http/servers.ts';
import type { StatusReport } from '../../src/http/views.ts';
import { chromium } from '../support/chromium.ts';
import { createDoubles, driftReport, emptyReport, emptyUpstreams, incidentReport } from '../support/http-doubles.ts';
import { skipWithout } from '../support/programs.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-e2e-page-'));
const doubles = createDoubles();
let servers: Servers;
let url: string;

describe('the page in chromium [ci]', { skip: skipWithout('chromium') }, () => {
  before(async () => {
    servers = createServers({ ...doubles, listen: { metrics: '127.0.0.1:0', page: '127.0.0.1:0' } });
    await servers.start();
    url = `http://${servers.addresses().page}/?refresh=off`;
  });
  after(async () => {
    await servers?.stop();
    rmSync(directory, { recursive: true });
  });

  it('renders with its style: the CSP lets it through', async () => {
    doubles.statusSource.report = incidentReport(Date.now());
    const path = join(directory, 'page.png');
    const { stderr } = await chromium(
      url,
      '--enable-logging=stderr',
      '--window-size=1280,1600',
      `--screenshot=${path}`,
    );
    assert.doesNotMatch(stderr, /Content Security Policy|Refused to/);
    const png = readFileSync(path);
    assert.equal(png.subarray(1, 4).toString(), 'PNG');
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [1280, 1600]);
    assert.ok(png.length > 60_000, `a page without style is smaller than ${png.length} bytes`);
  });

  it('hostile text stays text in a real parser', async () => {
    const report = JSON.parse(JSON.stringify(incidentReport(Date.now()))) as {
      -readonly [K in keyof StatusReport]: StatusReport[K];
    };
    const hostile = `</bdi></style><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202e`;
    report.verdicts = [
      { ...report.verdicts[0], evidence: hostile, peer: hostile, upstream: hostile, gateway: hostile },
    ];
    report.discovery = [hostile];
    doubles.statusSource.report = report;
    const { stdout } = await chromium(url, '--dump-dom');
    assert.match(stdout, /<title>Failing: connection refused · badgateway<\/title>/);
    assert.doesNotMatch(stdout, /<script|<img/);
    assert.match(stdout, /&lt;script&gt;/);
  });

  it('shows stale, foreign and missing addresses of upstreams, and hostile names as text', async () => {
    const hostile = `</code></details><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    doubles.statusSource.report = emptyReport();
    doubles.statusSource.upstreamsReport = driftReport(Date.now(), hostile);
    const path = join(directory, 'upstreams.png');
    const { stdout, stderr } = await chromium(
      url,
      '--enable-logging=stderr',
      '--window-size=1280,1600',
      `--screenshot=${path}`,
      '--dump-dom',
    );
    doubles.statusSource.upstreamsReport = emptyUpstreams();
    assert.doesNotMatch(stderr, /Content Security Policy|Refused to/);
    assert.match(
      stdout,
      /<title>No failure in the last 5 minutes, but 2 addresses in use should not be · badgateway<\/title>/,
    );
    assert.doesNotMatch(stdout, /<script|<img/);
    assert.match(stdout, /&lt;script&gt;/);
    const states = [...stdout.matchAll(/<td class="state"><span class="pill \w+">([a-z ]+)<\/span>/g)].map(
      ([, state]) => state,
    );
    assert.deepEqual(states, ['stale', 'foreign', 'missing', 'no endpoints']);
    assert.match(stdout, /<details><summary>1 live<\/summary><table><tbody><tr>/);
  });
});
