import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const says = (seconds: number) =>
  ruleSays('conntrack_timeout_established', '', { conntrackEstablishedSeconds: known(seconds) });

test("the kernel's five days", () => {
  assert.deepEqual(says(432_000), [
    'info net.netfilter.nf_conntrack_tcp_timeout_established: a connection whose end was not seen is tracked for 432000 s; kube-proxy sets 86400: forgotten entries fill the table',
  ]);
  assert.deepEqual(ruleFixes('conntrack_timeout_established', '', { conntrackEstablishedSeconds: known(86_401) }), [
    'sysctl net.netfilter.nf_conntrack_tcp_timeout_established=86400',
  ]);
});

test("silent at kube-proxy's day; unknown is not assumed", () => {
  assert.deepEqual(says(86_400), []);
  const unknown = { conntrackEstablishedSeconds: notKnown('elsewhere') };
  assert.deepEqual(ruleSays('conntrack_timeout_established', '', unknown), ['unchecked: elsewhere']);
});
