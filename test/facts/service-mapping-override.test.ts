import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileOverrides, findOverride } from '../../src/facts/service-mapping-override.ts';

const compile = (upstream: string, service = 'shop/cart') => compileOverrides([{ upstream, service }]);

describe('compileOverrides', () => {
  it('gives those that can be used, the first that fits wins', () => {
    const { overrides, problems } = compileOverrides([
      { upstream: 'cart-(blue|green)', service: 'shop/cart', port: 80 },
      { upstream: 'cart.*', service: 'shop/other', port: 'http' },
      { upstream: 'pay', service: 'shop/pay' },
    ]);
    assert.deepEqual(problems, []);
    const found = (name: string) => findOverride(overrides, name)?.ref;
    assert.deepEqual(found('cart-blue'), { namespace: 'shop', service: 'cart', port: 80, method: 'override' });
    assert.deepEqual(found('cart-red'), { namespace: 'shop', service: 'other', port: 'http', method: 'override' });
    assert.deepEqual(found('pay'), { namespace: 'shop', service: 'pay', port: null, method: 'override' });
    for (const name of ['my-cart', 'pays', '', 'c'.repeat(10_000)]) assert.equal(found(name), undefined, name);
    assert.equal(found(`cart${'x'.repeat(253)}`), undefined);
  });

  it('takes none for no Service', () => {
    const { overrides, problems } = compileOverrides([{ upstream: 'mesh.*', service: 'none' }]);
    assert.deepEqual([problems, findOverride(overrides, 'mesh-1')?.ref], [[], null]);
  });

  for (const pattern of ['a+', '(a|b)c', '(a|b)?c*', 'a\\+\\(b+\\)*', '[(+*]+', '(?:ab)+', 'a{2,3}', '\\.', 'a|b'])
    it(`takes ${pattern}`, () => assert.deepEqual(compile(pattern).problems, []));

  const slow = ['(a+)+', '(a|b)*', '((a+)b)*', '((a|b))+', '(a*){2,}', '(a)\\1', '(?=a)b', '(?<!a)b', '(?<n>a)\\k<n>'];
  const refused: readonly (readonly [pattern: string, why: RegExp])[] = [
    ...[...slow, 'a*a*a*a*a*'].map((pattern) => [pattern, /^override 1: the pattern may take too long/] as const),
    ...['(', '[', 'a**'].map((pattern) => [pattern, /no regular expression/] as const),
    ...['', 'a'.repeat(201)].map((pattern) => [pattern, /1 to 200 characters/] as const),
  ];
  for (const [pattern, why] of refused)
    it(`refuses ${pattern.slice(0, 20)}`, () => {
      const { overrides, problems } = compile(pattern);
      assert.deepEqual([overrides.length, problems.length], [0, 1]);
      assert.match(problems[0], why);
    });

  it('refuses what is no Service, and names the entry', () => {
    for (const service of ['cart', 'shop/cart/http', 'Shop/cart', '/cart', 'shop/', ''])
      assert.equal(compile('a', service).overrides.length, 0, service);
    const { problems } = compileOverrides([
      { upstream: 'a', service: 'shop/cart' },
      { upstream: 'b', service: 'cart' },
    ]);
    assert.deepEqual(problems, ['override 2: the Service must be written as namespace/name']);
  });

  it('takes any text or says why not', () => {
    const piece = fc.constantFrom('(', ')', '[', ']', '{', '2,', '}', '*', '+', '?', '|', '\\', 'a', '^', '-', '.');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const { overrides, problems } = compile(pieces.join(''));
        assert.equal(overrides.length + problems.length, 1);
      }),
    );
  });
});
