/**
 * Splits the whole number `total` over `weights` in proportion, by largest remainder: the parts are whole numbers and
 * their sum is exactly `total`. Without any positive weight nothing is assigned (all zero). Ties go to the earlier one.
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (total <= 0 || sum <= 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const parts = exact.map(Math.floor);
  let left = total - parts.reduce((all, part) => all + part, 0);
  const order = exact.map((_, index) => index).sort((a, b) => exact[b] - parts[b] - (exact[a] - parts[a]) || a - b);
  for (const index of order) {
    if (left <= 0) break;
    parts[index]++;
    left--;
  }
  return parts;
}
