import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { podOfLogPath, workloadOfPod } from '../../src/sources/pod-log-path.ts';

describe('podOfLogPath', () => {
  it('reads the kubelet layout, also under a mounted root', () => {
    const path = '/host/var/log/pods/shop_edge-nginx-7d9c6f4b8-x2x5z_0f1e2d3c-1111-2222-3333-444455556666/nginx/0.log';
    assert.deepEqual(podOfLogPath(path), {
      namespace: 'shop',
      pod: 'edge-nginx-7d9c6f4b8-x2x5z',
      uid: '0f1e2d3c-1111-2222-3333-444455556666',
      container: 'nginx',
    });
    assert.equal(
      podOfLogPath('/var/log/pods/kube-system_etcd-a_0123456789abcdef0123456789abcdef/etcd/1.log.20261121-010203')?.pod,
      'etcd-a',
    );
  });
  it('is null for other paths', () => {
    assert.equal(podOfLogPath('/var/log/nginx/error.log'), null);
    assert.equal(podOfLogPath('/var/log/pods/broken/nginx/0.log'), null);
  });
});

describe('workloadOfPod', () => {
  for (const [pod, workload] of [
    ['edge-nginx-7d9c6f4b8-x2x5z', 'edge-nginx'],
    ['ingress-nginx-controller-5f9b8d7c6f-abcde', 'ingress-nginx-controller-5f9b8d7c6f-abcde'],
    ['nginx-ds-x2x5z', 'nginx-ds'],
    ['web-0', 'web'],
    ['standalone', 'standalone'],
  ]) {
    it(`${pod} → ${workload}`, () => assert.equal(workloadOfPod(pod), workload));
  }
});
