import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besides } from '../../src/causes/besides.ts';
import { known, pending } from '../../src/facts/answer.ts';
import { endpointFact, failed, fakeFacts, listenerFact, oomKill } from '../support/fake-facts.ts';

const ends = { peer: known([oomKill({ isOomKill: false, reason: 'Error', exitCode: 137 })]) };

test('what is known stands beside a general cause', () => {
  const facts = fakeFacts({ endpoint: endpointFact(), ends, listener: listenerFact() });
  const [endpoint, end] = [
    '10.2.71.14:8080 has been a ready endpoint of shop/cart since 11:59:19 UTC; the pod is shop/cart-7d9',
    'container app of pod shop/cart-7d9 ended at 11:59:57 UTC: Error, exit code 137',
  ];
  assert.deepEqual(besides(failed({ symptom: 'premature_close' }), facts), [endpoint, end]);
  assert.deepEqual(besides(failed(), facts), [endpoint, end, '10.2.71.14:8080 listened at 12:00:01 UTC']);
});

test('what is not known, or of nobody, is not said', () => {
  assert.deepEqual(besides(failed(), fakeFacts({ endpoint: pending('soon'), ends: { peer: known([]) } })), []);
  assert.deepEqual(besides(failed({ peer: null }), fakeFacts({ endpoint: endpointFact(), ends })), []);
});

test('says which protocol usually answers at a port that HTTP is sent to', () => {
  const peer = { scheme: 'tcp', address: '10.2.71.14', port: 5432 };
  const said = (more: object) =>
    besides(failed({ proxy: 'envoy', symptom: 'protocol_error', peer, ...more }), fakeFacts({}));
  assert.deepEqual(said({}), [
    'HTTP is sent to 10.2.71.14:5432, and PostgreSQL usually answers at port 5432: the upstream may have to be a plain TCP one',
  ]);
  assert.equal(said({ symptom: 'premature_close' }).length, 1);
  assert.deepEqual(said({ symptom: 'connect_refused' }), []);
  assert.deepEqual(said({ peer: { ...peer, port: 8080 } }), []);
  assert.deepEqual(said({ proxy: 'nginx', peer: { ...peer, scheme: 'fastcgi' } }), []);
  assert.equal(said({ proxy: 'nginx', peer: { ...peer, scheme: 'http' } }).length, 1);
});

test('says what the header of an answer had to fit in', () => {
  const said = (bytes: number | null, place = '') =>
    besides(
      failed({ symptom: 'header_too_big' }),
      fakeFacts({ headerBuffer: { directive: 'proxy_buffer_size', bytes, place } }),
    );
  assert.deepEqual(said(1024, 'http.conf:9'), [
    'the header of an answer must fit in 1 KiB: proxy_buffer_size at http.conf:9',
  ]);
  assert.deepEqual(said(null), [
    'proxy_buffer_size is not set: the header of an answer must fit in one page of memory (4 KiB, on some machines 8 KiB or more)',
  ]);
  assert.deepEqual(besides(failed({ symptom: 'header_too_big' }), fakeFacts()), []);
});

test('says that nginx could not write a temporary file, and why; of an upstream or without one', () => {
  const said = (text: string, peer: ReturnType<typeof failed>['peer'] = null) =>
    besides(failed({ symptom: 'other', peer, sample: `2026/11/22 08:02:03 [crit] ${text}` }), fakeFacts());
  const sentence = (why: string) =>
    `nginx could not write a temporary file (client_body_temp_path, proxy_temp_path or a cache): ${why}; see df -h and df -i of its disk`;
  for (const peer of [null, failed().peer])
    assert.deepEqual(said('pwrite() … failed (28: No space left on device)', peer), [
      sentence('28: No space left on device'),
    ]);
  assert.deepEqual(said('pwritev() … has written only 28672 of 36864 while reading upstream'), [
    sentence('it could be written in part only'),
  ]);
  assert.deepEqual(said('open() … failed (13: Permission denied)'), []);
});

test('of many ends the latest two are said', () => {
  const many = { peer: known([0, 1, 2].map((index) => oomKill({ container: `c${index}` }))) };
  const said = besides(failed({ symptom: 'reset' }), fakeFacts({ ends: many }));
  assert.deepEqual(
    said.map((sentence) => /c\d/.exec(sentence)?.[0]),
    ['c0', 'c1'],
  );
});
