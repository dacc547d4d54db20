import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CAUSES } from '../../src/contract/names.ts';
import { duration } from '../../src/incidents/incident-words.ts';
import { CART, EDGE, Staged } from './staged.ts';

describe('the title', () => {
  it('says who, how many, since when, where and why', () => {
    const staged = new Staged();
    staged.fail('connection_refused', 200).pass(295).fail('connection_refused', 14);
    assert.equal(
      staged.one().title,
      'shop/cart: 214 failures in 5 min at gateway gw/edge: connection refused, 10.2.71.14:8080',
    );
  });

  it('one failure, no namespace, no peer', () => {
    const staged = new Staged().fail('connection_refused', 1, { subject: { ...EDGE, namespace: '' }, peer: null });
    assert.equal(staged.one().title, 'shop/cart: 1 failure in 5 s at gateway edge: connection refused');
  });

  it('names no address where many fail, and counts the others that are affected', () => {
    const staged = new Staged();
    for (let i = 0; i < 3; i++) staged.fail('connection_refused', 1, { peer: `10.0.0.${i}` });
    for (let i = 0; i < 2; i++) staged.fail('connection_refused', 1, { upstream: { ...CART, upstream_port: `${i}` } });
    assert.equal(staged.one().title, 'shop/cart and 2 more: 5 failures in 5 s at gateway gw/edge: connection refused');
  });

  it('without a Service: the upstream, or only the gateway', () => {
    const unknown = { upstream: '', upstream_namespace: '', upstream_service: '', upstream_port: '' };
    const title = (upstream: string) =>
      new Staged().fail('app_error', 2, { upstream: { ...unknown, upstream } }).one().title;
    assert.match(title('backend'), /^backend: 2 failures in 5 s at gateway gw\/edge: the application answered 5xx/);
    assert.match(title(''), /^2 failures in 5 s at gateway gw\/edge: /);
  });

  it('says no name twice: a line without an address has that of the block', () => {
    const backend = { upstream: 'backend', upstream_namespace: '', upstream_service: '', upstream_port: '' };
    const staged = new Staged().fail('no_live_upstreams', 2, { upstream: backend, peer: 'backend', port: null });
    assert.equal(staged.one().title, 'backend: 2 failures in 5 s at gateway gw/edge: all peers marked down');
  });

  it('says what ended as long as nothing else holds', () => {
    const staged = new Staged()
      .state('config_invalid', true, { evidence: 'nginx.conf:7' })
      .pass(15)
      .state('config_invalid', false);
    assert.equal(staged.one().title, 'gateway gw/edge: its configuration is refused (nginx.conf:7)');
  });
});

describe('the next step', () => {
  it('of an address: the endpoints of the Service first', () => {
    const { next } = new Staged().fail('stale_endpoint').one();
    assert.match(
      next,
      /^kubectl -n shop get endpointslices -l kubernetes\.io\/service-name=cart -o wide beside badgateway /,
    );
    const wrongPort = new Staged().fail('port_mismatch').one().next;
    assert.match(wrongPort, /service-name=cart -o wide\. kubectl -n shop get service cart -o yaml: targetPort/);
  });

  it('says no command twice, and has the names in it', () => {
    for (const cause of CAUSES) {
      const { next } = new Staged().fail(cause).one();
      const commands = next.match(/(?:kubectl|badgateway|openssl|ss|sysctl|nstat) [^;:.,]*/g) ?? [];
      const heads = commands.map((command) =>
        command
          .replace(/-n \S+ /, '')
          .split(' ')
          .slice(0, 3)
          .join(' '),
      );
      assert.equal(new Set(heads).size, heads.length, `${cause}: ${next}`);
      assert.doesNotMatch(next, /\bSERVICE\b.*\bcart\b|\bcart\b.*\bSERVICE\b/, cause);
    }
  });

  it('has the address in the place that waits for it', () => {
    assert.match(new Staged().fail('upstream_tls').one().next, /-connect 10\.2\.71\.14:8080 /);
  });

  it('runs commands in the replica, or here where there are no pods', () => {
    const next = (pod: string) =>
      new Staged()
        .state('config_not_loaded', true, { subject: { ...EDGE, pod } })
        .pass(15)
        .one().next;
    assert.match(next('edge-1'), /^kubectl -n gw exec edge-1 -c nginx -- nginx -t, then kubectl /);
    assert.match(next(''), /^nginx -t, then nginx -s reload/);
  });

  it('is about the state that explains the failures, as long as it holds', () => {
    const staged = new Staged().fail('stale_endpoint').state('token_expired');
    assert.match(staged.one().next, /rollout restart/);
    staged.state('token_expired', false);
    assert.match(staged.one().next, /endpointslices/);
  });
});

it('durations are short', () => {
  assert.deepEqual([0, 1000, 89_000, 90_000, 300_000, 5_400_000, 86_400_000].map(duration), [
    '1 s',
    '1 s',
    '89 s',
    '2 min',
    '5 min',
    '2 h',
    '24 h',
  ]);
});
