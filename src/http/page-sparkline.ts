import { Html } from './html.ts';

const WIDTH = 120;
const HEIGHT = 24;

/**
 * A line over time, what is not known left empty; the text beside it says the numbers.
 * @param top the value of the upper edge; below the largest value the largest value is
 */
export function sparkline(values: Float32Array, top: number): Html {
  let most = Math.max(top, 0);
  for (const value of values) if (value > most) most = value;
  const scale = most > 0 ? (HEIGHT - 3) / most : 0;
  const step = WIDTH / Math.max(1, values.length - 1);
  let path = '';
  let length = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (Number.isNaN(value)) {
      if (length === 1) path += 'h.5';
      length = 0;
      continue;
    }
    path += `${length === 0 ? 'M' : length === 1 ? 'L' : ' '}${round(index * step)} ${round(HEIGHT - 1.5 - value * scale)}`;
    length++;
  }
  if (length === 1) path += 'h.5';
  return new Html(
    `<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><path d="${path}"/></svg>`,
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
