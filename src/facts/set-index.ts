/** Values by key. Most keys have one, which needs no set: there are tens of thousands. */
export type SetIndex<T extends object> = Map<string, T | Set<T>>;

const NONE: readonly never[] = [];

export function allOf<T extends object>(index: SetIndex<T>, key: string): Iterable<T> {
  const known = index.get(key);
  if (known === undefined) return NONE;
  return known instanceof Set ? known : [known];
}

/** Adds to those under the key. */
export function addTo<T extends object>(index: SetIndex<T>, key: string, value: T): void {
  const known = index.get(key);
  if (known instanceof Set) known.add(value);
  else if (known === undefined) index.set(key, value);
  else if (known !== value) index.set(key, new Set([known, value]));
}

/** Takes it out of those under the key; nothing empty stays. */
export function removeFrom<T extends object>(index: SetIndex<T>, key: string, value: T): void {
  const known = index.get(key);
  if (known instanceof Set) known.delete(value);
  if (known === value || (known instanceof Set && known.size === 0)) index.delete(key);
}
