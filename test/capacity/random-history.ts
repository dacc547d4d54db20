import type { Day } from '../../src/capacity/forecast.ts';

/** Daily peaks whose future is known. */
export interface RandomHistory {
  readonly days: readonly Day[];
  readonly limit: number;
  /** Days until the expected peak reaches the limit; Infinity: not within years. */
  readonly truth: number;
  readonly what: string;
}

const KINDS = ['line', 'flat', 'compound', 'step', 'step_and_line', 'bend', 'limit_changed'] as const;
const YEARS = 3000;

/** Level, growth, curve, jumps, weekdays (added or as shares), noise, missing days and limits that change. The same for each seed. */
export function randomHistory(seed: number): RandomHistory {
  const { random, gauss, pick } = generator(seed);
  const count = pick([14, 21, 28, 28, 42]);
  const kind = pick(KINDS);
  const noise = pick([0, 0.001, 0.005, 0.01, 0.03, 0.1]);
  const season = pick(['none', 'added', 'share']);
  const weekday = Array.from({ length: 7 }, () => (season === 'none' ? 0 : random() * pick([0.1, 0.4])));
  const busiest = Math.max(...weekday);
  const growth = pick([0.002, 0.005, 0.01, 0.02, 0.04]);
  const stepAt = Math.floor(random() * (count - 1)) + 1;
  const step = random() * 0.8 - 0.2;
  const curve = (random() - 0.3) * 0.002;
  const trends: Record<(typeof KINDS)[number], (day: number) => number> = {
    flat: () => 1,
    line: (day) => 1 + growth * day,
    limit_changed: (day) => 1 + growth * day,
    compound: (day) => Math.exp(growth * day),
    step: (day) => 1 + (day >= stepAt ? step : 0),
    step_and_line: (day) => 1 + growth * day + (day >= stepAt ? step : 0),
    bend: (day) => Math.max(0.05, 1 + growth * day + curve * day * day),
  };
  const off = (day: number) => weekday[day % 7] - busiest;
  const expected = (day: number) =>
    season === 'share' ? trends[kind](day) * (1 + off(day)) : trends[kind](day) + off(day);
  const scale = pick([100, 1000, 1e9]);
  const highest = Math.max(...Array.from({ length: count }, (_, day) => expected(day)));
  const limit = highest * (1 + random() * pick([0.1, 0.5, 2]));
  const days = Array.from({ length: count }, (_, day): Day => {
    // Of a jump in a last day that was not seen nobody can know.
    const isMissing = random() < 0.02 && day < count - 1;
    const peak = isMissing ? null : Math.max(expected(day) * (1 + noise * gauss()), 0) * scale;
    const factor = kind === 'limit_changed' && day < stepAt ? 2 : 1;
    return { peak, trough: peak === null ? null : peak * 0.3, limit: limit * factor * scale };
  });
  const what = `${kind}, ${count} days, weekdays ${season}, noise ${noise}, seed ${seed}`;
  return { days, limit: limit * scale, truth: truthOf((ahead) => expected(count - 1 + ahead), limit), what };
}

function truthOf(expected: (ahead: number) => number, limit: number): number {
  for (let ahead = 1; ahead < YEARS; ahead++) {
    const [before, now] = [expected(ahead - 1), expected(ahead)];
    if (now >= limit) return ahead - 1 + Math.min(1, Math.max(0, (limit - before) / (now - before)));
  }
  return Number.POSITIVE_INFINITY;
}

function generator(seed: number) {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  return { random, gauss, pick };
}
