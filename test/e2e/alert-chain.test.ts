import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { twoPods, vanish } from '../faults/cases/two-pods.ts';
import { nginxWorld } from '../faults/nginx-world.ts';
import { Scene } from '../faults/scene.ts';
import { ask } from '../faults/traffic.ts';
import { AlertChain, type Message } from '../support/alert-chain.ts';
import { skipWithout, skipWithoutRoot } from '../support/programs.ts';

const skip = skipWithoutRoot() || skipWithout('nginx', 'ip', 'prometheus', 'prometheus-alertmanager');
const SYMPTOMS = ['NginxBadGateway', 'GatewayServerErrorsHigh', 'GatewayServiceErrorsHigh'];

/** A pod is gone, its Service knows, nginx does not: exporter, Prometheus, Alertmanager and who is told are real. */
describe('a stale endpoint is one page [ci]', { skip, timeout: 240_000 }, () => {
  let scene: Scene;
  let chain: AlertChain;
  let pods: Awaited<ReturnType<typeof twoPods>>;
  let isAsking = true;
  let asking: Promise<void> = Promise.resolve();

  before(async () => {
    scene = await Scene.create();
    // A request that is under way when its pod goes would keep the others waiting.
    pods = await twoPods(scene, 'proxy_connect_timeout 1s; proxy_read_timeout 1s;');
    chain = await AlertChain.start({
      target: `127.0.0.1:${scene.program.ports.metrics}`,
      thresholds: { stale: 1, stale_page: 2 },
      faster: 100,
    });
    asking = (async () => {
      for (; isAsking; await delay(50)) {
        await ask(scene.front, { count: 10, together: 2 });
        // We are a scraper, too, since the scene was made: a new series waits at 0 until all have seen it.
        await scene.program.scrape();
      }
    })();
  });
  after(async () => {
    isAsking = false;
    await asking;
    await chain?.stop();
    assert.deepEqual(await scene?.cleanup.run(), []);
  });

  const pages = (): Message[] => chain.messages.filter(({ receiver }) => receiver === 'page');
  const paged = () => new Set(pages().flatMap(({ alerts }) => alerts.map(({ labels }) => labels.alertname)));

  it('nobody is told while all is well', async () => {
    await delay(3000);
    assert.deepEqual(pages(), []);
  });

  it('the page names cause, Service, evidence, next step and runbook', async (t) => {
    const beganMs = Date.now();
    await vanish(scene, pods);
    await chain.until('the page', () =>
      ['GatewayStaleUpstream', 'GatewayErrorBudgetBurn'].every((name) => paged().has(name)),
    );
    t.diagnostic(`${pages().length} message(s), complete ${Date.now() - beganMs} ms after the pod was deleted`);
    assert.equal(new Set(pages().map(({ groupKey }) => groupKey)).size, 1, JSON.stringify([...paged()]));
    await chain.until('the text', () => chain.posts.some(({ receiver }) => receiver === 'page'));
    const { title, text } = chain.posts.findLast(({ receiver }) => receiver === 'page')!;
    t.diagnostic(title);
    assert.match(title, /edge: edge still uses addresses of cart that are gone/);
    assert.match(text, /^GatewayStaleUpstream \(critical\): /m);
    assert.match(text, /^Cause: stale_endpoint, /m);
    assert.match(text, /endpoints of Service shop\/cart port 80/);
    assert.match(text, /^Next: badgateway upstreams --gateway edge --state stale; badgateway remedy \S+\/edge/m);
    assert.match(text, /^Evidence: \/d\/badgateway-upstreams\/.*var-gateway=edge and http/m);
    assert.match(text, /^Runbook: docs\/runbooks\/GatewayStaleUpstream\.md$/m);
    assert.ok(text.indexOf('GatewayStaleUpstream') < text.indexOf('GatewayErrorBudgetBurn'), 'the cause comes first');
  });

  it('symptoms are there and muted: no ticket tells them', async () => {
    await chain.until('the symptoms are muted', async () => {
      const active = await chain.active();
      return SYMPTOMS.every((name) =>
        active.some(({ labels, status }) => labels.alertname === name && status.state === 'suppressed'),
      );
    });
    const told = chain.messages
      .filter(({ receiver }) => receiver === 'ticket')
      .flatMap(({ alerts }) => alerts)
      .filter(({ labels }) => labels.gateway === 'edge' && labels.kind === 'symptom');
    assert.deepEqual(told, []);
    await chain.until('the page of the budget says the cause', async () => {
      const burn = (await chain.active()).find(
        ({ labels }) => labels.alertname === 'GatewayErrorBudgetBurn' && labels.severity === 'critical',
      );
      return /^(\w+ \(\d+\) )*stale_endpoint \(\d+\) /.test(burn?.annotations.cause ?? '');
    });
  });

  it('is over after the fix', async (t) => {
    const beganMs = Date.now();
    scene.nginx.reload(nginxWorld([`${pods.stays.ip}:8080 max_fails=0`]));
    await chain.until('the end is told', () => pages().at(-1)?.status === 'resolved');
    t.diagnostic(`told ${Date.now() - beganMs} ms after the reload`);
    assert.equal(new Set(pages().map(({ groupKey }) => groupKey)).size, 1, JSON.stringify([...paged()]));
    await chain.until('the text', () =>
      chain.posts.findLast(({ receiver }) => receiver === 'page')!.title.startsWith('Over: '),
    );
  });
});
