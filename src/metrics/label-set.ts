import { escapeLabel } from './number.ts';

/** The value of every label but fixed ones once the family is full. */
export const OVERFLOW = '__overflow__';
/** Labels whose values come from outside and are replaced when the family is full. */
const OPEN_LABELS = new Set(['upstream', 'upstream_namespace', 'upstream_service', 'upstream_port', 'pod', 'name']);

const SEPARATOR = '\xff';

type LabelSet = Readonly<Record<string, string>>;

/** Used again and again: a chain of concatenated texts is garbage at each link, and keys are made for every failure. */
const values: string[] = [];

/** The same for the same values of these labels, whatever else is there. */
export function keyOf(names: readonly string[], labels: LabelSet): string {
  for (let i = 0; i < names.length; i++) values[i] = `${labels[names[i]]}`;
  values.length = names.length;
  return values.join(SEPARATOR);
}

/** The labels that `keyOf` made the key of; null: one of the values has the separator in it. */
export function labelsOfKey(names: readonly string[], key: string): LabelSet | null {
  const found = names.length === 0 ? [] : key.split(SEPARATOR);
  if (found.length !== names.length) return null;
  const labels: Record<string, string> = {};
  for (let i = 0; i < names.length; i++) labels[names[i]] = found[i];
  return labels;
}

/** Only the labels that are declared. @throws TypeError when one is missing. */
export function copyOf(declared: { readonly name: string; readonly labels: readonly string[] }, labels: LabelSet) {
  const copy: Record<string, string> = {};
  for (const name of declared.labels) {
    const value = labels[name];
    if (typeof value !== 'string') throw new TypeError(`${declared.name}: label ${name} is missing`);
    copy[name] = value;
  }
  return copy;
}

/** Where samples go when the family is full. */
export function foldedOf(names: readonly string[], labels: LabelSet): LabelSet {
  return Object.fromEntries(names.map((name) => [name, OPEN_LABELS.has(name) ? OVERFLOW : labels[name]]));
}

/** `a="1",b="2"`; '' without labels. */
export function pairsOf(labels: LabelSet): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

export function isLabelSet(value: unknown, names: readonly string[]): value is LabelSet {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'string');
}
