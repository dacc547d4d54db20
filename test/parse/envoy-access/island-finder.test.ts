import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FLAG_BYTES, Island, type Step, wordBytes } from '../../../src/parse/envoy-access/island.ts';
import { FOUND_TWICE, IslandFinder, NOT_FOUND } from '../../../src/parse/envoy-access/island-finder.ts';

const literal = (text: string): Step => ({ op: 'literal', bytes: Buffer.from(text) });
const value = (op: 'number' | 'code'): Step => ({ op, field: -1 });
const flags: Step = { op: 'set', set: FLAG_BYTES, field: -1 };
const word: Step = { op: 'set', set: wordBytes(32), field: -1 };

const ISLANDS: readonly (readonly Step[])[] = [
  [literal(' '), flags, literal('" '), value('code'), literal(' '), value('number'), literal(' "')],
  [literal(' "'), flags, literal('" ')],
  [literal('" "'), word, literal(' '), word, literal(' ')],
  [literal(' '), value('number'), literal(' '), value('number')],
  [literal('- '), value('number'), literal('" ')],
  [literal(' '), { op: 'set', set: wordBytes(34), field: -1 }, literal('"')],
];

/** Every place, one after the other. */
function allPlaces(island: Island, buffer: Buffer, start: number, end: number, mustEnd: boolean): number {
  const places = Array.from({ length: end - start }, (_, index) => start + index).filter((at) => {
    const stop = island.run(buffer, at, end, null);
    return mustEnd ? stop === end : stop >= 0;
  });
  if (places.length === 0) return NOT_FOUND;
  return places.length > 1 ? FOUND_TWICE : places[0];
}

describe('islands', () => {
  const text = fc
    .array(fc.constantFrom(' ', '"', '-', '503', '7', 'UF', 'x', '" 200 5 "', ' UF" 503 7 "', '" "a b '), {
      maxLength: 12,
    })
    .map((pieces) => Buffer.from(pieces.join('')));

  for (const [index, steps] of ISLANDS.entries()) {
    const island = new Island(steps, false);
    const finder = new IslandFinder(island, steps);

    it(`island ${index} is found where it is, and nowhere else`, () =>
      fc.assert(
        fc.property(text, fc.nat(5), fc.nat(5), (line, before, behind) => {
          const start = Math.min(before, line.length);
          const end = Math.max(start, line.length - behind);
          assert.equal(finder.find(line, start, end), allPlaces(island, line, start, end, false));
          assert.equal(finder.findLast(line, start, end), allPlaces(island, line, start, end, true));
        }),
        { numRuns: 3000 },
      ));
  }

  it('a code is 0 or three digits', () => {
    const island = new Island([value('code'), literal(' ')], false);
    const run = (line: string) => island.run(Buffer.from(line), 0, line.length, null);
    assert.deepEqual(['0 ', '200 ', '- '].map(run), [2, 4, 2]);
    assert.deepEqual(['00 ', '20 ', '2000 ', 'x ', ' ', '1 '].map(run), [-1, -1, -1, -1, -1, -1]);
  });

  it('values may be empty where the format leaves out empty ones', () => {
    const run = (mayBeEmpty: boolean) =>
      new Island([value('number'), literal(' ')], mayBeEmpty).run(Buffer.from(' '), 0, 1, null);
    assert.equal(run(true), 1);
    assert.equal(run(false), -1);
  });
});
