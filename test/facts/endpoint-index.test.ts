import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EndpointSlice } from '../../src/contract/endpoint.ts';
import { EndpointIndex } from '../../src/facts/endpoint-index.ts';
import { endpoint, slice } from './slices.ts';

const where = (index: EndpointIndex, ip: string) =>
  index
    .at(ip)
    .map(({ slice }) => slice.key)
    .sort();

describe('EndpointIndex', () => {
  it('says whether a Service has a slice for addresses of a family', () => {
    const index = new EndpointIndex();
    const may = () => ['10.0.0.9', 'fd00::9'].map((ip) => index.mayHave('shop/cart', ip));
    assert.deepEqual(may(), [true, true]);
    index.set(slice('a', [], { addressType: 'IPv4' }));
    assert.deepEqual(may(), [true, false]);
    index.set(slice('b', []));
    assert.deepEqual(may(), [true, true], 'one does not say');
    index.set(slice('b', [], { addressType: 'IPv6' }));
    assert.deepEqual(may(), [true, true]);
  });

  it('finds an address in every slice that has it, and forgets it with them', () => {
    const index = new EndpointIndex();
    index.set(slice('a', [endpoint('10.0.0.1'), endpoint('10.0.0.2')]));
    index.set(slice('b', [endpoint('10.0.0.2')], { service: 'shop/pay' }));
    assert.deepEqual(where(index, '10.0.0.2'), ['shop/a', 'shop/b']);
    index.set(slice('a', [endpoint('10.0.0.3')]));
    assert.deepEqual([where(index, '10.0.0.1'), where(index, '10.0.0.2')], [[], ['shop/b']]);
    index.delete('shop/b');
    index.delete('shop/b');
    assert.deepEqual([where(index, '10.0.0.2'), [...index.slicesOf('shop/pay')], index.size], [[], [], 1]);
  });

  it('forgets a slice that has an address twice, and no other with it', () => {
    const index = new EndpointIndex();
    index.set(slice('a', [endpoint('10.0.0.1'), endpoint('10.0.0.2'), endpoint('10.0.0.1')]));
    index.set(slice('b', [endpoint('10.0.0.1')]));
    assert.deepEqual(where(index, '10.0.0.1'), ['shop/a', 'shop/a', 'shop/b']);
    index.delete('shop/a');
    assert.deepEqual([where(index, '10.0.0.1'), where(index, '10.0.0.2')], [['shop/b'], []]);
    index.delete('shop/b');
    assert.deepEqual(where(index, '10.0.0.1'), []);
  });

  it('says the same as a search through all slices, after any changes', () => {
    const ip = fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1');
    const change = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      service: fc.constantFrom('shop/cart', 'shop/pay'),
      ips: fc.option(fc.array(ip, { maxLength: 4 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const index = new EndpointIndex();
        const known = new Map<string, EndpointSlice>();
        for (const { key, service, ips } of changes) {
          const changed =
            ips &&
            slice(
              key,
              [...new Set(ips)].map((text) => endpoint(text)),
              { service },
            );
          if (changed) index.set(changed);
          else index.delete(`shop/${key}`);
          if (changed) known.set(changed.key, changed);
          else known.delete(`shop/${key}`);
        }
        for (const text of ['10.0.0.1', '10.0.0.2', 'fd00::1']) {
          const found = [...known.values()].filter(({ endpoints }) => endpoints.some(({ ip }) => ip === text));
          assert.deepEqual(where(index, text), found.map(({ key }) => key).sort());
        }
        for (const service of ['shop/cart', 'shop/pay']) {
          const found = [...known.values()].filter((one) => one.service === service);
          assert.deepEqual(new Set(index.slicesOf(service)), new Set(found));
        }
      }),
    );
  });
});
