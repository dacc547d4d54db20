import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetworkNaming } from '../../../src/sources/node/network-labels.ts';
import { processOf } from '../../support/node-look.ts';

test('two pods of one name, of which one is still ending: no two networks have the same labels', () => {
  const naming = new NetworkNaming({
    ...{ host: undefined, own: undefined, hostLabel: 'host' },
    podOf: () => ({ namespace: 'shop', pod: 'cart-0' }),
  });
  const named = ['a', 'b'].map((uid) =>
    naming.name({ key: uid, identity: `0:${uid}`, processes: [processOf({ podUid: uid })] }),
  );
  assert.deepEqual(
    named.map(({ labels, podUid }) => [labels.namespace, labels.pod, labels.netns, podUid]),
    [
      ['shop', 'cart-0', 'pod', 'a'],
      ['', 'b', 'pod', 'b'],
    ],
  );
});

test("the node's network has the label that netstat gives it, whatever it is", () => {
  const naming = new NetworkNaming({ host: '0:h', own: '0:h', hostLabel: 'process', podOf: () => undefined });
  const { kind, labels } = naming.name({ key: 'h', identity: '0:h', processes: [processOf({})] });
  assert.deepEqual([kind, labels], ['host', { namespace: '', pod: '', netns: 'process' }]);
});
