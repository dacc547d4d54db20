import assert from 'node:assert/strict';
import { it } from 'node:test';
import { heatColor, INK, namedColor, SERIES_COLORS, seriesColor } from '../../src/preview/colors.ts';

it('series have different colours, and begin again after the last', () => {
  assert.equal(new Set(SERIES_COLORS).size, SERIES_COLORS.length);
  assert.equal(seriesColor(SERIES_COLORS.length), SERIES_COLORS[0]);
});

it('a colour that we do not know is that of text, whatever it is called', () => {
  assert.notEqual(namedColor('red'), namedColor('green'));
  for (const name of ['', 'toString', 'red;background:url(x)']) assert.equal(namedColor(name), INK);
});

it('more is darker, within bounds', () => {
  assert.equal(heatColor(0), 'rgb(254,237,222)');
  assert.equal(heatColor(7), heatColor(1));
  assert.equal(heatColor(1), 'rgb(166,54,3)');
});
