import type { UnitName } from './generate-rules-units.ts';

/** Where a number stands in a rule: `$` is the number as PromQL has it in `expr`, and in words in `texts` (annotations). */
export interface Site {
  /** Name of an alert. Alerts of one name share a number where both have it. */
  readonly rule: string;
  readonly expr: string;
  readonly texts: readonly string[];
}

/** A number of the rules that may be changed. */
export interface Parameter {
  readonly name: string;
  readonly unit: UnitName;
  readonly value: number;
  readonly meaning: string;
  readonly sites: readonly Site[];
}

type Places = Readonly<Record<string, readonly [expr: string, ...texts: string[]]>>;

export function parameter(name: string, unit: UnitName, value: number, meaning: string, places: Places): Parameter {
  const sites = Object.entries(places).map(([rule, [expr, ...texts]]) => ({ rule, expr, texts }));
  return { name, unit, value, meaning, sites };
}

/** The same places in several alerts. */
export function each(rules: readonly string[], ...place: [expr: string, ...texts: string[]]): Places {
  return Object.fromEntries(rules.map((rule) => [rule, place]));
}
