import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { TimelineEntry } from '../../src/incidents/incident.ts';
import { autoscaler, warningEvent } from '../kubernetes/context-objects.ts';
import { pod } from '../kubernetes/objects.ts';
import { freePort } from '../support/freeport.ts';
import { startNginx } from '../support/nginx.ts';
import { askRawTimes } from '../support/nginx-ask.ts';
import { skipWithout } from '../support/programs.ts';
import { NAMESPACE, readyPod, serviceOf, sliceOf, terminatingPod } from '../support/truth-objects.ts';
import { TruthRig } from '../support/truth-rig.ts';

const IP = '127.0.77.1';
const POD = 'cart-7d9f8c-x2x7k';
const ENDPOINT = {
  addresses: [IP],
  conditions: { ready: true },
  targetRef: { kind: 'Pod', namespace: NAMESPACE, name: POD, uid: 'uid-cart' },
};
const DEADLINE_MS = 30_000;

/** A pod behind the Service whose container sleeps so long in preStop, at most 10 s are granted, and has no probe. */
function cartPod(seconds: number) {
  const made = pod({ name: POD, nodeName: 'node-a', podIP: IP });
  made.metadata.uid = 'uid-cart';
  Object.assign(made.spec, {
    terminationGracePeriodSeconds: 10,
    containers: [{ name: 'app', ports: [{ containerPort: 8080 }], lifecycle: { preStop: { sleep: { seconds } } } }],
  });
  return made;
}

describe('what Kubernetes knows beside the endpoints, from the API server to incidents and series [ci]', {
  skip: skipWithout('nginx'),
}, () => {
  it('a probe that fails and a scale event stand in the timeline of the incident; the audit finds the pod', async (t) => {
    const [listen, closed] = [await freePort(), await freePort(IP)];
    const http = `upstream shop_cart_80 { server ${IP}:${closed}; }
      server { listen 127.0.0.1:${listen}; location / { proxy_pass http://shop_cart_80; } }`;
    const nginx = await startNginx({ listen, http });
    t.after(() => nginx.stop());
    const cart = autoscaler({ name: 'cart', namespace: NAMESPACE, replicas: 4 });
    const rig = await TruthRig.start({
      objects: [serviceOf('cart'), sliceOf('cart-a', [ENDPOINT], [{ name: 'http', port: closed }]), cartPod(15), cart],
      kubernetes: { pods: 'own_node', node_name: 'node-a', autoscalers: true, events: true },
      collectors: {
        nginx_error_log: { files: [{ path: nginx.errorLog, gateway: 'edge' }] },
        nginx_config: { files: [{ path: join(nginx.directory, 'nginx.conf'), gateway: 'edge' }] },
        audit: { interval: '2s' },
      },
    });
    t.after(() => rig.stop());
    const { program, api } = rig;
    const value = async (sample: string) => (await program.scrape()).get(sample);
    const hpa = `namespace="${NAMESPACE}",autoscaler="cart"`;
    await program.until(
      async () => (await value(`badgateway_autoscaler_replicas{${hpa},state="desired"}`)) === 4,
      'the autoscaler is known',
    );
    api.store.create(
      warningEvent({ name: POD, namespace: NAMESPACE, count: 12, message: 'Readiness probe failed: EOF' }),
    );
    api.store.update(cart, ({ status }) => {
      status.desiredReplicas = 6;
    });
    const warnings = `badgateway_kubernetes_warnings_total{namespace="${NAMESPACE}",reason="Unhealthy"}`;
    await program.until(async () => (await value(warnings)) === 12, 'the warning is counted');
    assert.equal(await value(`badgateway_autoscaler_scales_total{${hpa},direction="up"}`), 1);
    assert.deepEqual(await askRawTimes(5, listen, { target: '/' }), [502, 502, 502, 502, 502]);
    const timeline = await untilTold(program, 2);
    assert.deepEqual(timeline.map(({ kind, text }) => `${kind}: ${text}`).sort(), [
      'scale: HorizontalPodAutoscaler shop/cart (Deployment cart) scales up from 4 to 6 replicas, between 1 and 10',
      `warning: Unhealthy on shop/${POD}: Readiness probe failed: EOF (x12)`,
    ]);
    for (const rule of ['prestop_exceeds_grace', 'readiness_probe_missing'])
      await program.until(async () => (await value(foundBy(rule))) === 1, `the audit finds ${rule}`);
  });

  it('a preStop shorter than the death gap that was measured is found, once it has been measured', async (t) => {
    const listen = await freePort();
    const other = '127.0.77.2';
    const http = (...ips: string[]) => `upstream shop_cart_80 { ${ips.map((ip) => `server ${ip}:8080;`).join(' ')} }
      server { listen 127.0.0.1:${listen}; location / { return 204; } }`;
    const nginx = await startNginx({ listen, http: http(IP, other) });
    t.after(() => nginx.stop());
    const slice = sliceOf('cart-a', [ENDPOINT, readyPod(other)]);
    const rig = await TruthRig.start({
      objects: [serviceOf('cart'), slice, cartPod(1)],
      kubernetes: { pods: 'own_node', node_name: 'node-a' },
      collectors: {
        nginx_config: { interval: '1s', files: [{ path: join(nginx.directory, 'nginx.conf'), gateway: 'edge' }] },
        audit: { interval: '2s' },
      },
    });
    t.after(() => rig.stop());
    const { program, api } = rig;
    const value = async (sample: string) => (await program.scrape()).get(sample);
    await program.until(async () => (await value(foundBy('readiness_probe_missing'))) === 1, 'the pod is audited');
    assert.equal(await value(foundBy('prestop_below_gap')), undefined);
    api.store.update(slice, (draft) => {
      draft.endpoints = [ENDPOINT, terminatingPod(other)];
    });
    await delay(3_000);
    await nginx.reload(http(IP));
    await program.until(async () => (await value(foundBy('prestop_below_gap'))) === 1, 'the audit has the figure');
    const samples = [...(await program.scrape())];
    const seconds = samples.find(([name]) => name.startsWith('badgateway_recommended_prestop_seconds{'))?.[1];
    t.diagnostic(`recommended: ${seconds} s`);
    assert.ok(seconds !== undefined && seconds >= 4);
  });
});

/** Series of the namespace of the pods. */
function foundBy(rule: string): string {
  const labels = `namespace="${NAMESPACE}",pod="",container="",gateway=""`;
  return `badgateway_audit_findings{${labels},rule="${rule}",severity="warning"}`;
}

/** Entries of the only incident's timeline that somebody did or Kubernetes said. */
async function untilTold(program: TruthRig['program'], count: number): Promise<readonly TimelineEntry[]> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const { body } = await program.get('/api/v1/incidents', { page: true, accept: 'application/json' });
    const { incidents } = JSON.parse(body) as { incidents: { timeline: TimelineEntry[] }[] };
    const told = incidents.flatMap(({ timeline }) => timeline).filter(({ kind }) => /^(scale|warning)$/.test(kind));
    if (told.length >= count) return told;
    assert.ok(performance.now() < deadline, body.slice(0, 2_000));
    await delay(200);
  }
}
