import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FollowedTraffic } from '../../src/facts/followed-traffic.ts';

describe('FollowedTraffic', () => {
  const host = { namespace: '', pod: '', container: '', gateway: 'edge' };
  const pod = { namespace: 'shop', pod: 'edge-1', container: 'envoy', gateway: 'edge' };

  it('tells gateways apart by name on a host, by pod and container in Kubernetes, and by proxy', () => {
    const traffic = new FollowedTraffic();
    traffic.follows('envoy', host);
    traffic.follows('envoy', pod);
    const followed = (subject: typeof pod, proxy: 'nginx' | 'envoy' = 'envoy') => traffic.isFollowed(proxy, subject);
    assert.ok(followed({ ...host, container: 'envoy' }));
    assert.ok(followed({ ...pod, gateway: 'another name of it' }));
    assert.ok(!followed(host, 'nginx'));
    assert.ok(!followed({ ...host, gateway: 'other' }));
    assert.ok(!followed({ ...pod, pod: 'edge-2' }));
    assert.ok(!followed({ ...pod, container: 'nginx' }));
  });

  it('follows as long as one of its logs is', () => {
    const traffic = new FollowedTraffic();
    traffic.follows('nginx', host);
    traffic.follows('nginx', host);
    traffic.leaves('nginx', host);
    assert.ok(traffic.isFollowed('nginx', host));
    traffic.leaves('nginx', host);
    assert.ok(!traffic.isFollowed('nginx', host));
    traffic.leaves('nginx', host);
    traffic.follows('nginx', host);
    assert.ok(traffic.isFollowed('nginx', host));
  });

  it('remembers for 10 s whose logs were followed', () => {
    let nowMs = 5_000;
    const traffic = new FollowedTraffic(() => nowMs);
    assert.ok(!traffic.wasFollowed('nginx', host));
    traffic.follows('nginx', host);
    nowMs += 60_000;
    assert.ok(traffic.wasFollowed('nginx', host));
    traffic.leaves('nginx', host);
    nowMs += 9_999;
    assert.deepEqual([traffic.isFollowed('nginx', host), traffic.wasFollowed('nginx', host)], [false, true]);
    nowMs += 1;
    assert.ok(!traffic.wasFollowed('nginx', host));
    traffic.follows('nginx', host);
    assert.ok(traffic.wasFollowed('nginx', host));
  });
});
