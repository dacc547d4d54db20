import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelevantNetworks } from '../../../src/sources/node/relevant-networks.ts';
import { networkOf } from '../../support/node-look.ts';

const key = (at: number) => `n${at}`;
const many = (count: number, parts: object = { isBackend: true }) =>
  Array.from({ length: count }, (_, at) => networkOf({ key: key(at), ...parts }));
const chosen = (networks: readonly { key: string; isRelevant: boolean }[]) =>
  networks.filter(({ isRelevant }) => isRelevant).map((one) => one.key);

test('gateways, backends and those that moved, not the node and ourselves', () => {
  const relevant = new RelevantNetworks(() => {});
  const networks = [
    networkOf({ key: 'gateway', isGateway: true }),
    networkOf({ key: 'backend', isBackend: true }),
    networkOf({ key: 'moved' }),
    networkOf({ key: 'quiet' }),
    networkOf({ key: 'host', kind: 'host', isGateway: true }),
    networkOf({ key: 'own', kind: 'process', isBackend: true }),
  ];
  assert.deepEqual(chosen(relevant.choose(networks)), ['gateway', 'backend']);
  relevant.markMoved('moved');
  const looked = relevant.choose(networks);
  assert.deepEqual(chosen(looked), ['gateway', 'backend', 'moved']);
  assert.deepEqual(
    looked.map(({ hasMoved }) => hasMoved),
    [false, false, true, false, false, false],
  );
});

test('a namespace that is gone has not moved when its key comes back', () => {
  const relevant = new RelevantNetworks(() => {});
  relevant.markMoved(key(0));
  assert.deepEqual(chosen(relevant.choose(many(1, {}))), [key(0)]);
  relevant.choose([]);
  assert.deepEqual(chosen(relevant.choose(many(1, {}))), []);
});

test('no more than 200; who is left out is told once, and who is in stays', () => {
  const told: number[] = [];
  const relevant = new RelevantNetworks((count) => told.push(count));
  const first = many(200).reverse();
  relevant.choose(first);
  assert.deepEqual(told, []);
  const more = [...many(3, { isGateway: true }).map((one) => ({ ...one, key: `late-${one.key}` })), ...first];
  assert.deepEqual(chosen(relevant.choose(more)).sort(), first.map((one) => one.key).sort());
  relevant.choose(more);
  assert.deepEqual(told, [3]);
  assert.ok(chosen(relevant.choose(more.slice(0, -1))).includes('late-n0'), 'one place is free');
});
