import { createHash } from 'node:crypto';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dump, load, loadAll } from 'js-yaml';
import { GoTemplates, type Value } from './go-template.ts';
import { DEPLOY, type Manifest } from './manifests.ts';

export const CHART = join(DEPLOY, 'helm/badgateway');
export type Values = Readonly<Record<string, unknown>>;

const read = (path: string) => readFileSync(join(CHART, path), 'utf8');
const isMap = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Maps are merged, everything else is replaced, as helm does. */
export function mergeValues(below: Values, above: Values): Values {
  const merged = Object.entries(above).map(([key, value]) => {
    const old = below[key];
    return [key, isMap(old) && isMap(value) ? mergeValues(old, value) : value];
  });
  return { ...below, ...Object.fromEntries(merged) };
}

export const defaultValues = (): Values => load(read('values.yaml')) as Values;

const indent = (text: string, width: number) => text.replace(/^/gm, ' '.repeat(width));
const text = (value: Value) => String(value);

const FUNCTIONS: Readonly<Record<string, (...args: Value[]) => Value>> = {
  default: (fallback, value) => value || fallback,
  quote: (value) => JSON.stringify(value),
  nindent: (width, value) => `\n${indent(text(value), width as number)}`,
  toYaml: (value) => dump(value, { lineWidth: -1, noRefs: true }).replace(/\n$/, ''),
  sha256sum: (value) => createHash('sha256').update(text(value)).digest('hex'),
  replace: (from, to, value) => text(value).replaceAll(text(from), text(to)),
  printf: (format, ...args) => args.reduce<string>((out, arg) => out.replace('%s', () => text(arg)), text(format)),
  join: (separator, list) => (list as string[]).join(text(separator)),
  base: (path) => basename(text(path)),
  trimSuffix: (suffix, value) =>
    text(value).endsWith(text(suffix)) ? text(value).slice(0, -text(suffix).length) : value,
  dict: (...pairs) => Object.fromEntries(pairs.flatMap((key, at) => (at % 2 === 0 ? [[key, pairs[at + 1]]] : []))),
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  not: (value) => !value,
  and: (...values) => values.find((value) => !value) ?? values.at(-1),
  or: (...values) => values.find(Boolean) ?? values.at(-1),
};

/** What templates see, and the templates that all may include. */
function prepare(values: Values, namespace: string) {
  const chart = load(read('Chart.yaml')) as Record<string, string>;
  const templates = new GoTemplates(FUNCTIONS);
  templates.define(read('templates/_helpers.tpl'));
  const dot = {
    Values: mergeValues(defaultValues(), values),
    Release: { Name: 'badgateway', Namespace: namespace, Service: 'Helm' },
    Chart: { Name: chart.name, Version: chart.version, AppVersion: chart.appVersion },
    Files: {
      Get: (path: string) => read(path),
      Glob: (pattern: string) =>
        Object.fromEntries(globSync(pattern, { cwd: CHART }).map((path) => [path, read(path)])),
    },
  };
  return { templates, dot };
}

/** What helm says after the installation. */
export function renderNotes(values: Values): string {
  const { templates, dot } = prepare(values, 'badgateway');
  return templates.render(read('templates/NOTES.txt'), dot);
}

/** What the chart makes of these values, without helm. */
export function renderChart(values: Values, namespace = 'badgateway'): Manifest[] {
  const { templates, dot } = prepare(values, namespace);
  return readdirSync(join(CHART, 'templates'))
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => {
      try {
        return loadAll(templates.render(read(`templates/${name}`), dot)) as (Manifest | null)[];
      } catch (error) {
        throw new Error(`templates/${name}: ${(error as Error).message}`, { cause: error });
      }
    })
    .filter((manifest) => manifest !== null && manifest !== undefined);
}
