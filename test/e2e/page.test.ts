import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createServers, type Servers } from '../../src/http/servers.ts';
import { ChromiumTab } from '../support/chromium-tab.ts';
import { createDoubles, type Doubles, driftReport, emptyUpstreams } from '../support/http-doubles.ts';
import { staleIncident } from '../support/page-incidents.ts';
import { blindPage, healthyPage, incidentPage } from '../support/page-reports.ts';
import { fits, HOSTILE, LIVE, noneRan, openDetails, PHONE, textOf } from '../support/page-tab.ts';
import { skipWithout } from '../support/programs.ts';

/** Checks the page with the rules of WCAG 2 and good practice. */
const AXE = `${readFileSync('node_modules/axe-core/axe.min.js', 'utf8')};0`;
const VIOLATIONS = `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`;

describe('the page in chromium [ci]', { skip: skipWithout('chromium') }, () => {
  let doubles: Doubles;
  let servers: Servers;
  let tab: ChromiumTab;
  let url: string;

  before(async () => {
    doubles = createDoubles();
    servers = createServers({ ...doubles, listen: { metrics: '127.0.0.1:0', page: '127.0.0.1:0' } });
    await servers.start();
    url = `http://${servers.addresses().page}/`;
    tab = await ChromiumTab.open();
  });
  beforeEach(() => tab.look({}));
  after(async () => {
    await tab?.close();
    await servers?.stop();
  });

  for (const [state, page, kind] of [
    ['healthy', healthyPage, 'Healthy'],
    ['incident', incidentPage, 'Incident'],
    ['blind', blindPage, 'Blind'],
  ] as const) {
    it(`${state}: says so in a word, keeps to its CSP, and fits a phone`, async () => {
      doubles.statusSource.page = page(Date.now());
      for (const look of [{}, { ...PHONE, dark: true }]) {
        await tab.look(look);
        await tab.go(url);
        await tab.until(LIVE, 'the page is live');
        await openDetails(tab);
        await fits(tab);
        assert.equal(await tab.evaluate(textOf('.kind')), kind);
        // A rule of the style holds: the CSP let it through.
        assert.equal(
          await tab.evaluate(`getComputedStyle(document.querySelector('.now')).borderLeftWidth !== '0px'`),
          true,
        );
        await tab.evaluate(AXE);
        assert.deepEqual(await tab.evaluate(VIOLATIONS), [], 'accessibility');
      }
      assert.deepEqual(tab.complaints, []);
    });
  }

  it('changes without a reload; what is opened, focused, selected and scrolled to stays', async () => {
    const first = incidentPage(Date.now());
    doubles.statusSource.page = first;
    await tab.look({ height: 400 });
    await tab.go(url);
    await tab.until(LIVE, 'the page is live');
    const { id } = staleIncident(0);
    await tab.evaluate(`
      window.sameDocument = true;
      window.line = document.querySelector('#${id}-lines');
      line.open = true;
      line.querySelector('summary').focus();
      getSelection().selectAllChildren(document.querySelector('.now .cmd'));
      scrollTo(0, 500);
      window.place = line.getBoundingClientRect().top`);
    const worse = { ...first.incidents[0], failures: 2001, title: 'It became worse' };
    doubles.statusSource.page = { ...first, incidents: [worse, ...first.incidents.slice(1)] };
    await tab.until(`${textOf('h1')} === 'It became worse'`, 'the change is shown');
    const state =
      await tab.evaluate(`[sameDocument, line.isConnected && line.open, document.activeElement === line.querySelector('summary'),
      getSelection().toString(), Math.abs(line.getBoundingClientRect().top - place) < 2, document.title]`);
    const command = 'kubectl -n ingress exec deploy/edge -- nginx -s reload';
    assert.deepEqual(state, [true, true, true, command, true, 'It became worse · badgateway']);
    doubles.statusSource.page = healthyPage(Date.now());
    await tab.until(`${textOf('.kind')} === 'Healthy'`, 'it is over');
    assert.equal(await tab.evaluate('document.querySelectorAll("#incidents > article").length'), 0);
  });

  it('counts ages on by itself', async () => {
    doubles.statusSource.page = healthyPage(Date.now());
    await tab.go(url);
    const age = textOf('#sources time');
    const before = await tab.evaluate<string>(age);
    await tab.until(`(${age}) !== ${JSON.stringify(before)}`, 'the age grows');
  });

  it('works without scripts: all is there, and a refresh brings what is new', async () => {
    doubles.statusSource.page = incidentPage(Date.now());
    await tab.look({ ...PHONE, script: false });
    await tab.go(url);
    const text = await tab.evaluate<string>('document.body.textContent');
    for (const part of ['which no pod has had since', 'left the EndpointSlices', 'Timeline', 'Tracked connections'])
      assert.ok(text.includes(part), part);
    doubles.statusSource.page = healthyPage(Date.now());
    await tab.until(`${textOf('.kind')} === 'Healthy'`, 'the page has refreshed itself');
  });

  it('stays up to date where no stream is free', async () => {
    const taken = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}events`)));
    doubles.statusSource.page = healthyPage(Date.now());
    await tab.go(url);
    await tab.evaluate('window.sameDocument = true');
    doubles.statusSource.page = incidentPage(Date.now());
    await tab.until(`${textOf('.kind')} === 'Incident'`, 'the page has asked for what is new');
    assert.equal(await tab.evaluate('sameDocument'), true);
    // What the browser says of the refusals.
    assert.ok(tab.complaints.splice(0).every((text) => text.includes('503')));
    for (const { body } of taken) await body?.cancel();
  });

  it('takes hostile text in every place for text, in the page and in events', async () => {
    const page = JSON.parse(JSON.stringify(incidentPage(Date.now())), (key, value) =>
      [
        'title',
        'next',
        'text',
        'evidence',
        'detail',
        'peer',
        'upstream',
        'gateway',
        'name',
        'address',
        'place',
        'affected',
        'samples',
        'discovery',
      ].includes(key) && value !== null
        ? Array.isArray(value)
          ? value.map(() => HOSTILE)
          : typeof value === 'string'
            ? `${HOSTILE}${'a'.repeat(65_536)}`
            : value
        : value,
    );
    doubles.statusSource.page = {
      ...page,
      history: healthyPage(0).history,
      upstreams: driftReport(Date.now(), HOSTILE),
    };
    await tab.look(PHONE);
    await tab.go(url);
    await tab.until(LIVE, 'the page is live');
    await openDetails(tab);
    await noneRan(tab);
    await fits(tab);
    const text = await tab.evaluate<string>('document.body.textContent');
    assert.ok(text.includes('\\u202e') && text.includes('<script>'));
    assert.doesNotMatch(text, /[\u202e\u2066\u001b]/);
  });

  it('shows 500 upstreams: drift first, the rest folded, in less than a megabyte', async () => {
    const drift = driftReport(Date.now(), 'edge');
    const [gateway] = drift.gateways;
    const upstreams = Array.from({ length: 500 }, (_, at) => ({ ...gateway.upstreams[0], name: `shop-${at}-80` }));
    const counts = { ...emptyUpstreams().counts, stale: 500, foreign: 500, missing: 500, live: 500 };
    doubles.statusSource.page = {
      ...incidentPage(Date.now()),
      upstreams: { ...drift, counts, notCompared: 500, gateways: [{ ...gateway, upstreams }] },
    };
    await tab.go(url);
    await tab.until(LIVE, 'the page is live');
    const states = await tab.evaluate<string[]>(
      `[...document.querySelectorAll('.upstreams td .pill')].map((one) => one.textContent)`,
    );
    assert.deepEqual([states.length, new Set(states)], [100, new Set(['stale'])]);
    assert.equal(await tab.evaluate(`document.querySelectorAll('#upstreams-live tbody tr').length`), 500);
    const size = await tab.evaluate<number>(`fetch('/').then((answer) => answer.text()).then((text) => text.length)`);
    assert.ok(size < 1_000_000, `${size} characters`);
  });

  it('says that it is no longer live when badgateway is gone', async () => {
    const { page } = servers.addresses();
    doubles.statusSource.page = healthyPage(Date.now());
    await tab.go(url);
    await tab.until(LIVE, 'the page is live');
    await servers.stop();
    await tab.until(`!document.getElementById('lost').hidden`, 'the page says so');
    assert.match(
      await tab.evaluate(textOf('#lost')),
      /^Not live: badgateway has said nothing since \d\d:\d\d:\d\d UTC/,
    );
    servers = createServers({ ...doubles, listen: { metrics: '127.0.0.1:0', page: page! } });
    await servers.start();
    await tab.until(`${LIVE} && document.getElementById('lost').hidden`, 'it is live again');
  });
});
