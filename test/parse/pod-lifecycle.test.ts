import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readPod } from '../../src/parse/pod.ts';
import { readPodLifecycle } from '../../src/parse/pod-lifecycle.ts';
import { pod } from '../kubernetes/objects.ts';

const container = (parts: object = {}) => ({ name: 'app', env: [{ name: 'SECRET', value: 'env-value' }], ...parts });
const hook = (preStop: object) =>
  readPodLifecycle({ containers: [container({ lifecycle: { preStop } })] }).containers[0].preStop;
const command = (...words: string[]) => hook({ exec: { command: words } });

describe('readPodLifecycle', () => {
  it('keeps what decides how a pod starts and stops, and nothing else', () => {
    const token = { name: 'kube-api-access-x', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } };
    const found = readPodLifecycle({
      terminationGracePeriodSeconds: 45,
      serviceAccountName: 'cart',
      automountServiceAccountToken: false,
      volumes: [token, { name: 'data', secret: { secretName: 'password' } }],
      initContainers: [{ name: 'migrate' }, { name: 'istio-proxy', restartPolicy: 'Always' }],
      containers: [
        container({
          ports: [{ name: 'http', containerPort: 8080 }, { containerPort: 9090 }, { hostPort: 1 }],
          lifecycle: { preStop: { exec: { command: ['sleep', '15'] } } },
          readinessProbe: { httpGet: { path: '/very-secret', port: 'http' } },
          volumeMounts: [{ name: 'kube-api-access-x', mountPath: '/var/run' }],
        }),
      ],
    });
    assert.deepEqual(found, {
      graceSeconds: 45,
      serviceAccount: 'cart',
      automountsToken: false,
      containers: [
        {
          ...{ name: 'app', preStop: { sleepSeconds: 15, isOnlySleep: true }, hasReadinessProbe: true, hasToken: true },
          ports: [
            { name: 'http', port: 8080 },
            { name: '', port: 9090 },
          ],
        },
        { name: 'istio-proxy', preStop: null, hasReadinessProbe: false, hasToken: false, ports: [] },
      ],
    });
  });

  it('has the defaults of Kubernetes', () => {
    assert.deepEqual(readPodLifecycle({}), {
      ...{ graceSeconds: 30, serviceAccount: 'default', automountsToken: null },
      containers: [],
    });
  });

  it('knows how long a hook sleeps, in each way to write it', () => {
    const sleeps = (seconds: number) => ({ sleepSeconds: seconds, isOnlySleep: true });
    assert.deepEqual(hook({ sleep: { seconds: 5 } }), sleeps(5));
    assert.deepEqual(hook({ sleep: { seconds: 0 } }), sleeps(0));
    assert.deepEqual(command('sleep', '15'), sleeps(15));
    assert.deepEqual(command('/bin/sleep', '15s'), sleeps(15));
    assert.deepEqual(command('sh', '-c', 'sleep 15'), sleeps(15));
    assert.deepEqual(command('/bin/bash', '-lc', 'sleep 0.5m; exit 0'), sleeps(30));
    assert.deepEqual(command('sh', '-c', ' sleep 5 && sleep 2;\n'), sleeps(7));
  });

  it('what does more than sleep takes that long at least; of the rest nothing is known', () => {
    assert.deepEqual(command('sh', '-c', 'nginx -s quit; sleep 10'), { sleepSeconds: 10, isOnlySleep: false });
    const unknown = { sleepSeconds: null, isOnlySleep: false };
    for (const script of [
      'while pgrep nginx; do sleep 1; done',
      'if test -f /x; then sleep 20; fi',
      'sleep $GRACE',
      'sleep 30 & wait',
      'sleep 30 || true',
      'exit 0; sleep 30',
      '',
    ])
      assert.deepEqual(command('sh', '-c', script), unknown, script);
    assert.deepEqual(command('/app/drain'), unknown);
    assert.deepEqual(command(), unknown);
    assert.deepEqual(hook({ httpGet: { path: '/drain' } }), unknown);
  });

  it('is one object for pods that are alike', () => {
    const spec = () => ({ containers: [container({ ports: [{ containerPort: 1 }] })] });
    assert.equal(readPodLifecycle(spec()), readPodLifecycle(spec()));
    assert.notEqual(readPodLifecycle(spec()), readPodLifecycle({ ...spec(), terminationGracePeriodSeconds: 5 }));
  });

  it('500 pods of 25 workloads keep 25 specs', () => {
    const lifecycles = Array.from({ length: 500 }, (_, index) => {
      const object = pod({ name: `cart-${index}`, nodeName: 'node-a' });
      object.spec.containers = [container({ name: `app-${index % 25}`, ports: [{ containerPort: 8080 }] })];
      return readPod(object)?.lifecycle;
    });
    assert.equal(new Set(lifecycles).size, 25);
  });

  it('keeps no value of the environment, no command and no volume, whatever the spec holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ minLength: 1 }), (any, text) => {
        const secret = `secret-${text}`;
        const spec = {
          containers: [
            {
              ...{ name: 'app', env: [{ name: 'A', value: secret }], command: [secret], args: any },
              lifecycle: { preStop: { exec: { command: [secret] } } },
              readinessProbe: { exec: { command: [secret] } },
            },
          ],
          volumes: [{ name: 'v', hostPath: { path: secret } }, any],
        };
        assert.ok(!JSON.stringify(readPodLifecycle(spec)).includes('secret-'));
        readPodLifecycle(any);
        readPodLifecycle({ containers: any, initContainers: any, volumes: any });
        readPodLifecycle({ containers: [{ lifecycle: { preStop: any }, ports: any, volumeMounts: any }] });
      }),
    );
  });
});
