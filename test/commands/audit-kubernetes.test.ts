import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { dump } from 'js-yaml';
import { notKnown } from '../../src/audit/fact.ts';
import { WORKLOAD_RULES } from '../../src/audit/rules/index.ts';
import { type AuditOptions, runAudit } from '../../src/commands/audit.ts';
import { WorkloadObjects } from '../../src/commands/audit-kubernetes.ts';
import { auditKubernetes } from '../../src/commands/audit-kubernetes-sources.ts';
import { pod, service } from '../kubernetes/objects.ts';
import { started } from '../kubernetes/started.ts';
import { SOUND_SPEC, withContainer } from '../support/audit-workload.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-audit-kubernetes-'));
after(() => rmSync(directory, { recursive: true }));

function deployment(name: string, spec: object, namespace = 'shop') {
  const template = { metadata: { labels: { app: name } }, spec };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec: { replicas: 2, template } };
}

const selecting = (name: string) =>
  service({ name, spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 'http' }] } });
const list = (...items: object[]) => dump({ apiVersion: 'v1', kind: 'List', items }, { noRefs: true });
const KILLED = { ...SOUND_SPEC, terminationGracePeriodSeconds: 10 };

async function run(text: string, options: Partial<AuditOptions> = {}) {
  let out = '';
  const notes: string[] = [];
  const terminal = {
    out: (part: string) => {
      out += part;
    },
    note: (one: string) => void notes.push(one),
    stdin: (async function* () {
      yield text;
    })(),
  };
  const code = await runAudit({ files: [], kubernetes: '-', ...options }, terminal);
  return { code, out, notes: notes.join('\n') };
}

describe('badgateway audit --kubernetes', () => {
  it('prints the workload, both numbers, the fix and the page', async () => {
    const text = list(deployment('cart', KILLED), deployment('job-runner', {}), selecting('cart'));
    const { code, out, notes } = await run(text, { assume: ['recommended_prestop=20s'] });
    assert.deepEqual([code, notes], [1, '']);
    assert.match(out, /^standard input: 1 workload; 1 without a Service left out\n\n/);
    assert.match(
      out,
      /^warning {2}shop\/cart\n {2}the preStop hook of container app sleeps 15 s and terminationGracePeriodSeconds is 10: .*\n {2}fix: {3}terminationGracePeriodSeconds: 30,.*\n {2}about: prestop_exceeds_grace, docs\/audit\/prestop_exceeds_grace\.md$/m,
    );
    assert.match(out, /sleeps 15 s and gateways send to a stopping pod for up to 20 s/);
    assert.match(out, new RegExp(`^${WORKLOAD_RULES.length - 2} rules found nothing\\.$`, 'm'));
  });

  it('0 for a sound one; what is not known is not assumed', async () => {
    const { code, out } = await run(list(deployment('cart', SOUND_SPEC), selecting('cart')));
    assert.equal(code, 0);
    assert.match(out, /^nothing found$/m);
    assert.match(out, /^not checked: prestop_below_gap \(no death gap was measured here: give --assume recommended_/m);
    const alone = await run(list(deployment('cart', SOUND_SPEC)));
    assert.match(alone.out, /^not checked: target_port_not_listening \(there are no Services in the file\)$/m);
  });

  it('as JSON, beside configurations', async () => {
    const { out } = await run(list(deployment('cart', KILLED), selecting('cart')), {
      ...{ json: true, files: ['test/fixtures/audit/tuned.conf'] },
    });
    const { configurations, kubernetes } = JSON.parse(out);
    assert.equal(configurations.length, 1);
    assert.equal(kubernetes.workloads, 1);
    const [finding] = kubernetes.findings;
    assert.deepEqual([finding.rule, finding.place], ['prestop_exceeds_grace', { workload: 'shop/cart' }]);
  });

  it('pods and the Deployment that makes them are one; a ServiceAccount that is not there is found', async () => {
    const meshed = { ...KILLED, containers: [...SOUND_SPEC.containers, { name: 'istio-proxy' }] };
    const made = { ...pod({ name: 'cart-7d9f8c-x2x7k', labels: { app: 'cart' } }), spec: meshed };
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } };
    const { out } = await run(list(deployment('cart', KILLED), made, selecting('cart'), account));
    assert.match(out, /^standard input: 1 workload\n/);
    assert.equal(out.match(/prestop_exceeds_grace, docs/g)?.length, 1);
    assert.match(out, /serviceAccountName is cart and 0 of the 1 ServiceAccounts of namespace shop have that name/);
    assert.match(out, /istio-proxy needs 1 token of ServiceAccount cart and 0 are mounted/);
  });

  it('2 when it cannot be read or has no workload, and why, without its text', async () => {
    for (const [text, why] of [
      ['kind: Deployment\n  spec: secret-text', /^cannot read standard input: line \d+: /],
      ['{"kind":', /^cannot read standard input: not JSON/],
      ['', /it has no workload: write it with kubectl get/],
      [list(selecting('cart')), /it has no workload/],
    ] as const) {
      const { code, out, notes } = await run(text);
      assert.equal(code, 2);
      assert.match(notes, why);
      assert.doesNotMatch(out + notes, /secret-text/);
    }
    assert.match(
      (await run('', { kubernetes: join(directory, 'gone.yaml') })).notes,
      /gone\.yaml: ENOENT: there is no such file$/,
    );
    assert.equal((await run('', { assume: ['recommended_prestop=soon'] })).code, 2);
  });

  it('never prints a value of the environment, nor what would deceive', async () => {
    const secret = withContainer({
      ...{ name: 'app\u202e', env: [{ name: 'PASSWORD', value: 'hunter2' }], lifecycle: undefined },
      command: ['sh', '-c', 'hunter2'],
    });
    const { out } = await run(list(deployment('cart', secret), selecting('cart')));
    assert.match(out, /container app\\u202e has no preStop hook/);
    assert.doesNotMatch(out, /hunter2|\u202e/);
  });

  it('of a kubeconfig, the pods and Services of its cluster', async (t) => {
    const [server] = await started(t);
    server.store.create(selecting('cart'));
    const made = pod({ name: 'cart-7d9f8c-x2x7k', labels: { app: 'cart' } });
    server.store.create({ ...made, spec: { ...KILLED, nodeName: 'node-b' } } as typeof made);
    const kubeconfig = join(directory, 'kubeconfig');
    writeFileSync(kubeconfig, server.kubeconfig());
    const { code, out, notes } = await run('', { kubernetes: kubeconfig });
    assert.deepEqual([code, notes], [1, '']);
    assert.match(out, /^the cluster of \S+\/kubeconfig: 1 workload\n/);
    assert.match(out, /sleeps 15 s and terminationGracePeriodSeconds is 10/);
    assert.deepEqual(
      server.counters.requests.map(({ verb, resource }) => `${verb} ${resource}`),
      ['list services', 'list pods'],
    );
    server.access.deny({ resource: 'pods' });
    const denied = await run('', { kubernetes: kubeconfig });
    assert.equal(denied.code, 2);
    assert.match(denied.notes, /^cannot read \S+kubeconfig: .*(403|forbidden)/i);
  });
});

it('objects of other kinds are passed over, and a file is read by its path', async () => {
  const path = join(directory, 'manifest.yaml');
  writeFileSync(path, list(deployment('cart', KILLED), { kind: 'ConfigMap', metadata: { name: 'x' } }));
  const { name, workloads } = await auditKubernetes(path, (async function* () {})(), notKnown('never measured'));
  assert.deepEqual([name, workloads], [path, 1]);
  assert.throws(() => new WorkloadObjects().audit('x', notKnown('')), /no workload/);
});
