/** A longer name is of something else. */
const LONGEST = 128;

/**
 * How many letters must be left out, put in, replaced or swapped with their neighbour to make one text of the other (optimal string
 * alignment, Damerau 1964); null when that is more than `most`, or a text is too long.
 */
export function editDistance(one: string, other: string, most: number): number | null {
  if (Math.abs(one.length - other.length) > most || Math.max(one.length, other.length) > LONGEST) return null;
  let [before, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      let least = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        least = Math.min(least, before[j - 2] + 1);
      row.push(least);
    }
    // A swap reaches back two rows.
    if (Math.min(...row, ...last) > most) return null;
    [before, last] = [last, row];
  }
  return last[other.length] <= most ? last[other.length] : null;
}

/** A third of the letters at most, and no more than 3. */
export function mostTypos(name: string): number {
  return Math.min(3, Math.max(1, Math.floor(name.length / 3)));
}

/** Those of `names` that are like it, the nearest first, then by name. */
export function nearestNames(name: string, names: Iterable<string>, most: number): string[] {
  const found: { readonly name: string; readonly distance: number }[] = [];
  for (const one of new Set(names)) {
    const distance = editDistance(name, one, mostTypos(name));
    if (distance !== null) found.push({ name: one, distance });
  }
  found.sort((one, other) => one.distance - other.distance || (one.name < other.name ? -1 : 1));
  return found.slice(0, most).map((one) => one.name);
}
