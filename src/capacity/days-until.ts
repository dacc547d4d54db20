import type { Continuation } from './continuations.ts';

/** Days from now until the limit. */
export interface Left {
  readonly estimate: number;
  readonly least: number;
  readonly most: number;
}

/** Explanations whose score is so near to the best one's that they may be the right one. */
const NEAR_SCORE = 8;
/** Standard errors of a curve. */
const HIDDEN_CURVE = 2;
const SEARCH_DAYS = 1500;

export function nearest(all: readonly Continuation[]): Continuation[] {
  return all.filter(({ score }) => score <= all[0].score + NEAR_SCORE);
}

/** `all`: the best explanation first. Counts it with its errors, and what the others that are near say. */
export function daysUntil(all: readonly Continuation[], now: number, limit: number): Left {
  const [best] = all;
  const beside = (wanted: Continuation['trend']) =>
    all.filter(({ trend, season }) => trend === wanted && season === best.season);
  // A curve too slight to be seen is far off later on: as much of it as chance may hide.
  const curves = best.trend === 'line' ? beside('bend') : [];
  const bent = curves.flatMap(({ predict, errorAt }) =>
    [-1, 1].map((side) => crossing((at) => predict(at) + side * HIDDEN_CURVE * errorAt(at), now, limit)),
  );
  const each = [...nearest(all).map(({ predict }) => crossing(predict, now, limit)), ...bent];
  // A slope too slight to be seen reaches the limit, too.
  const slopes = best.trend === 'level' ? beside('line') : [];
  const early = [best, ...slopes].map((one) =>
    crossing((at) => one.predict(at) + marginOf(one, now, at) + 2 * widthOf(one, now, at), now, limit),
  );
  const late = crossing((at) => best.predict(at) - marginOf(best, now, at), now, limit);
  return { estimate: each[0], least: Math.min(...early, ...each), most: Math.max(late, ...each) };
}

/** How far the expected peak may be from the true one, 99 %. */
function marginOf({ predict, errorAt, freedom }: Continuation, now: number, at: number): number {
  // Quantiles of Student's distribution, near enough from 3 degrees of freedom.
  return (2.58 + 7 / freedom) * errorAt(at) * largerBy(predict, now, at);
}

function widthOf({ predict, scale }: Continuation, now: number, at: number): number {
  return scale * largerBy(predict, now, at);
}

/** What is larger varies by more. */
function largerBy(predict: Continuation['predict'], now: number, at: number): number {
  return Math.max(1, Math.abs(predict(at)) / (Math.abs(predict(now)) || 1));
}

/** Days from `now` until the first day whose peak reaches the limit, between days in proportion. */
function crossing(predict: (at: number) => number, now: number, limit: number): number {
  let before = predict(now);
  if (before >= limit) return 0;
  for (let day = 1; day <= SEARCH_DAYS; day++) {
    const value = predict(now + day);
    if (value >= limit) return day - 1 + (limit - before) / (value - before);
    before = value;
  }
  return Number.POSITIVE_INFINITY;
}
