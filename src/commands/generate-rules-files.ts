import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dump, load } from 'js-yaml';
import { applyEdits, type Edit, findRules, parameterEdits } from './generate-rules-edit.ts';
import type { Parameter } from './generate-rules-parameter.ts';
import { EVERYTHING, type Selection, selectionEdits } from './generate-rules-select.ts';
import { TRAFFIC_PARAMETERS } from './generate-rules-traffic.ts';
import { WORLD_PARAMETERS } from './generate-rules-world.ts';

/** Beside the sources, beside a bundle, and beside a bundle's chunk. */
const PLACES = ['../../alerts', './alerts', '../alerts'];
const SUFFIX = '.rules.yaml';

/** Numbers of the rules that may be changed, in the order of `--list`. */
export const PARAMETERS: readonly Parameter[] = [...TRAFFIC_PARAMETERS, ...WORLD_PARAMETERS];

/** An objective in percent, of one gateway or of all others. */
export interface Objective {
  /** `GATEWAY` or `NAMESPACE/GATEWAY`; null: all others. */
  readonly gateway: string | null;
  readonly percent: number;
}

export interface Variant {
  /** Parameter name → value. */
  readonly values: ReadonlyMap<string, number>;
  readonly objectives: readonly Objective[];
  readonly selection: Selection;
  /** Put before the relative links of annotations. */
  readonly runbookBase: string;
  readonly dashboardBase: string;
  /** What a file says of how it was made, or empty. */
  readonly note: string;
}

export const DEFAULT_OBJECTIVE = 99.9;
export const DEFAULTS: Variant = {
  values: new Map(),
  objectives: [],
  selection: EVERYTHING,
  runbookBase: '',
  dashboardBase: '',
  note: '',
};

/** @throws when the installation has no rules. */
export function findAlerts(): string {
  const paths = PLACES.map((place) => new URL(`${place}/`, import.meta.url).pathname);
  const found = paths.find((path) => existsSync(`${path}slo${SUFFIX}`));
  if (found === undefined) throw new Error(`no rules: looked at ${paths.join(', ')}`);
  return found;
}

/** File name → text. Without changes the files as they are, comments and all. */
export function ruleFiles(variant: Variant = DEFAULTS): Map<string, string> {
  const directory = findAlerts();
  const names = readdirSync(directory).filter((name) => name.endsWith(SUFFIX));
  return new Map(names.sort().map((name) => [name, change(readFileSync(directory + name, 'utf8'), variant)]));
}

function change(text: string, variant: Variant): string {
  const { values, objectives, selection, runbookBase, dashboardBase, note } = variant;
  const numbers = PARAMETERS.flatMap((parameter) => {
    const value = values.get(parameter.name);
    return value === undefined || value === parameter.value ? [] : parameterEdits(text, parameter, value);
  });
  const links = [
    ...linkEdits(text, /(?<=^ +runbook_url: )(?=docs\/)/gm, runbookBase),
    ...linkEdits(text, /(?<=^ +dashboard_url: )(?=\/d\/)/gm, dashboardBase),
  ];
  // The budget is a rule of its own; the series it is made of is another one's.
  const budget = budgetEdits(text, objectives);
  return note + applyEdits(text, [...numbers, ...links, ...budget, ...selectionEdits(text, selection)]);
}

function linkEdits(text: string, places: RegExp, base: string): Edit[] {
  if (base === '') return [];
  return [...text.matchAll(places)].map(({ index }) => ({ from: index, to: index, text: base }));
}

function budgetEdits(text: string, objectives: readonly Objective[]): Edit[] {
  if (objectives.length === 0) return [];
  const requests = 'gateway:badgateway_requests:rate5m';
  const others = objectives.find(({ gateway }) => gateway === null)?.percent ?? DEFAULT_OBJECTIVE;
  const lines = objectives
    .filter(({ gateway }) => gateway !== null)
    .map(({ gateway, percent }) => `${requests}{${gatewayMatchers(gateway ?? '')}} * 0 + ${budgetOf(percent)}`);
  const value = [...lines, `${requests} * 0 + ${budgetOf(others)}`].join('\n          or ');
  return findRules(text)
    .filter(({ name }) => name === 'gateway:badgateway_error_budget:ratio')
    .map(({ expr }) => ({ ...expr, text: lines.length === 0 ? ` ${value}` : ` |\n          ${value}` }));
}

function gatewayMatchers(gateway: string): string {
  const slash = gateway.indexOf('/');
  const name = `gateway=${JSON.stringify(gateway.slice(slash + 1))}`;
  return slash < 0 ? name : `namespace=${JSON.stringify(gateway.slice(0, slash))},${name}`;
}

/** The share of answers that may fail. */
export function budgetOf(percent: number): number {
  return Number(((100 - percent) / 100).toPrecision(10));
}

interface Groups {
  readonly groups: readonly object[];
}

/** All files as one, for Prometheus. */
export function oneRuleFile(files: ReadonlyMap<string, string>): string {
  const bodies = [...files.values()].map((text) => text.slice(text.indexOf('\ngroups:\n') + '\ngroups:\n'.length));
  return `groups:\n${bodies.join('')}`;
}

/** The same as objects of the Prometheus operator, one of each file and called after it: `kubectl apply` takes no larger ones. */
export function prometheusRules(
  files: ReadonlyMap<string, string>,
  labels: Readonly<Record<string, string>> = {},
): string {
  const objects = [...files].map(([file, text]) => ({
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: `badgateway-${file.replace(SUFFIX, '')}`,
      labels: { 'app.kubernetes.io/name': 'badgateway', ...labels },
    },
    spec: { groups: (load(text) as Groups).groups },
  }));
  return objects.map((object) => dump(object, { lineWidth: -1, noRefs: true })).join('---\n');
}
