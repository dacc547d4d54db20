import { dot, leastSquares, sum } from './least-squares.ts';

/** One way in which the daily peaks may have come about, and go on. */
export interface Continuation {
  readonly trend: 'level' | 'line' | 'bend' | 'growth' | 'step' | 'step_and_line';
  readonly season: 'none' | 'weekday' | 'weekday_share';
  /** Index of the first day behind the step; null: there is none. */
  readonly stepAt: number | null;
  /** Bayesian information criterion: of two, the smaller is the better explanation. */
  readonly score: number;
  /** Residuals that are left over each degree of freedom, in the unit of the peaks. */
  readonly scale: number;
  readonly freedom: number;
  /** Expected peak of day `at`; 0 is the first day, also beyond the last. */
  readonly predict: (at: number) => number;
  /** Standard error of that. */
  readonly errorAt: (at: number) => number;
}

export interface Peak {
  /** Day, 0 is the first. */
  readonly at: number;
  readonly value: number;
}

const WEEK = 7;
/** Days on either side of a step; fewer are an outlier. */
const LEAST_BESIDE_STEP = 2;
const LIKELY_STEPS = 4;
const SHARE_ROUNDS = 6;
/** Growth by day of what grows by a share above a floor: between these, found within so many rounds. */
const RATES = { least: 0.002, most: 0.12 };
const RATE_ROUNDS = 9;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Peaks are counted in whole connections and pages: less than this share of their level says nothing. */
const GRAIN = 5e-4;

type Trend = (at: number) => number[];
type Named = Pick<Continuation, 'trend' | 'season' | 'stepAt'>;

interface Case {
  readonly peaks: readonly Peak[];
  readonly grain: number;
  /** Middle of the days, so that the columns differ. */
  readonly middle: number;
  readonly hasWeeks: boolean;
}

/** All that can be fitted to these peaks, the best explanation first. `hasWeeks`: each weekday is there at least twice. */
export function continuations(peaks: readonly Peak[], hasWeeks: boolean): Continuation[] {
  const days = peaks.map(({ at }) => at);
  const grain = (GRAIN * sum(peaks.map(({ value }) => Math.abs(value)))) / peaks.length || 1e-9;
  const given: Case = { peaks, grain, middle: sum(days) / days.length, hasWeeks };
  const line: Trend = (at) => [1, (at - given.middle) / WEEK];
  const found = [
    ...seasons(given, 'level', null, () => [1]),
    ...seasons(given, 'line', null, line),
    ...seasons(given, 'bend', null, (at) => [...line(at), ((at - given.middle) / WEEK) ** 2]),
    exponential(given, line),
    ...aboveFloor(given),
    shares(given, 'level', null, () => [1]),
    shares(given, 'line', null, line),
    shares(given, 'bend', null, (at) => [...line(at), ((at - given.middle) / WEEK) ** 2]),
    ...steps(given, line),
  ];
  return found.filter((one) => one !== null).sort((a, b) => a.score - b.score);
}

/** `hidden`: parameters that are not among the columns. */
function seasons(
  given: Case,
  trend: Named['trend'],
  stepAt: number | null,
  columns: Trend,
  hidden = 0,
): (Continuation | null)[] {
  const plain = fitted(given, { trend, season: 'none', stepAt }, columns, hidden);
  if (!given.hasWeeks) return [plain];
  return [plain, fitted(given, { trend, season: 'weekday', stepAt }, (at) => [...columns(at), ...weekday(at)], hidden)];
}

/** A share of growth by day above a floor: the rate that fits best, by golden sections, and those tried beside it. */
function aboveFloor(given: Case): (Continuation | null)[] {
  const tried: (Continuation | null)[] = [];
  const at = (rate: number, season: number) => {
    const columns: Trend = (day) => [1, Math.exp(rate * (day - given.middle))];
    const one = seasons(given, 'growth', null, columns, 1)[season] ?? null;
    tried.push(one);
    return one?.score ?? Number.POSITIVE_INFINITY;
  };
  for (const season of given.hasWeeks ? [0, 1] : [0]) {
    let { least, most } = RATES;
    for (let round = 0; round < RATE_ROUNDS; round++) {
      const [low, high] = [most - GOLDEN * (most - least), least + GOLDEN * (most - least)];
      if (at(low, season) < at(high, season)) most = high;
      else least = low;
    }
  }
  return tried;
}

/** Every place for a step, without and with a slope beside it; weekdays as shares at the likeliest places only. */
function steps(given: Case, line: Trend): (Continuation | null)[] {
  const { peaks } = given;
  const places = peaks.slice(LEAST_BESIDE_STEP, peaks.length - LEAST_BESIDE_STEP + 1).map(({ at }) => at);
  const columnsOf = (stepAt: number): readonly [Trend, Trend] => {
    const behind = (day: number) => (day >= stepAt ? 1 : 0);
    return [(day) => [1, behind(day)], (day) => [...line(day), behind(day)]];
  };
  const found = places.flatMap((stepAt) => {
    const [level, slope] = columnsOf(stepAt);
    return [...seasons(given, 'step', stepAt, level), ...seasons(given, 'step_and_line', stepAt, slope)];
  });
  const ranked = found.filter((one) => one !== null).sort((a, b) => a.score - b.score);
  const likely = [...new Set(ranked.map(({ stepAt }) => stepAt!))].slice(0, LIKELY_STEPS);
  const shared = likely.flatMap((stepAt) => {
    const [level, slope] = columnsOf(stepAt);
    return [shares(given, 'step', stepAt, level), shares(given, 'step_and_line', stepAt, slope)];
  });
  return [...found, ...shared];
}

function fitted(given: Case, named: Named, columns: Trend, hidden: number): Continuation | null {
  const { peaks } = given;
  const rows = peaks.map(({ at }) => columns(at));
  // The place of a step was chosen, too.
  const parameters = rows[0].length + hidden + (named.stepAt === null ? 0 : 1);
  if (peaks.length <= parameters) return null;
  const fit = leastSquares(
    rows,
    peaks.map(({ value }) => value),
  );
  if (fit === null) return null;
  const scale = scaleOf(given, fit.squares, parameters);
  return {
    ...named,
    ...scoreOf(given, fit.squares, parameters),
    predict: (at) => dot(columns(at), fit.coefficients),
    errorAt: (at) => scale * fit.leverage(columns(at)),
  };
}

/** Grows by the same share each day; weekdays are shares too. */
function exponential(given: Case, line: Trend): Continuation | null {
  const { peaks, hasWeeks } = given;
  if (peaks.some(({ value }) => value <= 0)) return null;
  const columns: Trend = hasWeeks ? (at) => [...line(at), ...weekday(at)] : line;
  const rows = peaks.map(({ at }) => columns(at));
  const fit = leastSquares(
    rows,
    peaks.map(({ value }) => Math.log(value)),
  );
  if (fit === null || peaks.length <= rows[0].length) return null;
  const predict = (at: number) => Math.exp(dot(columns(at), fit.coefficients));
  const squares = squaresOf(peaks, predict);
  const relative = Math.sqrt(fit.squares / (peaks.length - rows[0].length));
  return {
    ...{ trend: 'growth', season: hasWeeks ? 'weekday_share' : 'none', stepAt: null },
    ...scoreOf(given, squares, rows[0].length),
    predict,
    errorAt: (at) => predict(at) * relative * fit.leverage(columns(at)),
  };
}

/** Weekdays as shares of a trend: busy days grow by more. */
function shares(given: Case, trend: Named['trend'], stepAt: number | null, columns: Trend): Continuation | null {
  const { peaks } = given;
  if (!given.hasWeeks || peaks.some(({ value }) => value <= 0)) return null;
  const share = new Array<number>(WEEK).fill(1);
  const shareAt = (at: number) => share[((at % WEEK) + WEEK) % WEEK];
  let fit = null;
  for (let round = 0; round < SHARE_ROUNDS; round++) {
    const rows = peaks.map(({ at }) => columns(at).map((value) => value * shareAt(at)));
    fit = leastSquares(
      rows,
      peaks.map(({ value }) => value),
    );
    if (fit === null) return null;
    const { coefficients } = fit;
    for (let day = 0; day < WEEK; day++) {
      const same = peaks.filter(({ at }) => at % WEEK === day);
      const trends = same.map(({ at }) => dot(columns(at), coefficients));
      if (trends.some((value) => value <= 0)) return null;
      share[day] =
        dot(
          same.map(({ value }) => value),
          trends,
        ) / dot(trends, trends);
    }
  }
  const { coefficients, leverage } = fit!;
  const predict = (at: number) => shareAt(at) * dot(columns(at), coefficients);
  const squares = squaresOf(peaks, predict);
  const parameters = columns(0).length + WEEK - 1 + (stepAt === null ? 0 : 1);
  if (peaks.length <= parameters) return null;
  const scale = scaleOf(given, squares, parameters);
  const spread = Math.sqrt(WEEK / peaks.length);
  return {
    ...{ trend, season: 'weekday_share', stepAt },
    ...scoreOf(given, squares, parameters),
    predict,
    errorAt: (at) => scale * Math.hypot(leverage(columns(at).map((value) => value * shareAt(at))), spread),
  };
}

function squaresOf(peaks: readonly Peak[], predict: (at: number) => number): number {
  return sum(peaks.map(({ at, value }) => (value - predict(at)) ** 2));
}

function scaleOf({ peaks, grain }: Case, squares: number, parameters: number): number {
  return Math.hypot(Math.sqrt(squares / (peaks.length - parameters)), grain);
}

function scoreOf(given: Case, squares: number, parameters: number) {
  const { peaks, grain } = given;
  const count = peaks.length;
  const freedom = count - parameters;
  // Of few days, many parameters explain chance.
  const penalty = (parameters * Math.log(count) * count) / Math.max(freedom - 1, 0.5);
  return {
    score: count * Math.log(squares / count + grain ** 2) + penalty,
    scale: scaleOf(given, squares, parameters),
    freedom,
  };
}

/** Columns of the days of a week but the last, whose row is their sum turned round. */
const WEEKDAYS = Array.from({ length: WEEK }, (_, day) =>
  Array.from({ length: WEEK - 1 }, (_, other) => (day === other ? 1 : day === WEEK - 1 ? -1 : 0)),
);

function weekday(at: number): readonly number[] {
  return WEEKDAYS[((at % WEEK) + WEEK) % WEEK];
}
