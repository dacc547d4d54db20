import {
  budgetOf,
  DEFAULT_OBJECTIVE,
  DEFAULTS,
  type Objective,
  PARAMETERS,
  type Variant,
} from './generate-rules-files.ts';
import { EVERYTHING, type Selection } from './generate-rules-select.ts';
import { UNITS } from './generate-rules-units.ts';

/** As commander gives them. */
export interface RulesOptions {
  readonly slo?: readonly string[];
  readonly threshold?: readonly string[];
  readonly namespace?: readonly string[];
  readonly selector?: string;
  readonly job?: readonly string[];
  readonly containers?: string;
  readonly runbookBase?: string;
  readonly dashboardBase?: string;
  readonly label?: readonly string[];
  readonly format?: 'prometheus' | 'prometheusrule';
  readonly output?: string;
  readonly list?: boolean;
}

const MATCHER = /^\s*[a-zA-Z_]\w*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n]|\\.)*"\s*$/;
/** Commas that are not in a string. */
const BETWEEN_MATCHERS = /,(?=(?:[^"\\]|\\.|"(?:[^"\\]|\\.)*")*$)/;
const LABEL_NAME = /^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/;
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** @throws with a sentence for each kind of mistake. */
export function readVariant(options: RulesOptions, note: string): Variant {
  const values = new Map((options.threshold ?? []).map(readThreshold));
  checkOrder(values);
  const variant: Variant = {
    values,
    objectives: readObjectives(options.slo ?? [], values),
    selection: readSelection(options),
    runbookBase: withSlash(baseOf(options.runbookBase, '--runbook-base')),
    dashboardBase: baseOf(options.dashboardBase, '--dashboard-base').replace(/\/+$/, ''),
    note: '',
  };
  return isDefault(variant) ? DEFAULTS : { ...variant, note };
}

function isDefault({ values, objectives, selection, runbookBase, dashboardBase }: Variant): boolean {
  return (
    PARAMETERS.every(({ name, value }) => (values.get(name) ?? value) === value) &&
    objectives.every(({ gateway, percent }) => gateway === null && percent === DEFAULT_OBJECTIVE) &&
    JSON.stringify(selection) === JSON.stringify(EVERYTHING) &&
    runbookBase + dashboardBase === ''
  );
}

/** `NAME=VALUE`, cut at the last or the first `=`. */
function pairOf(text: string, flag: string, at: number): [string, string] {
  if (at <= 0 || at === text.length - 1) throw new Error(`${flag} ${JSON.stringify(text)}: write NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function readThreshold(text: string): [string, number] {
  const [name, written] = pairOf(text, '--threshold', text.indexOf('='));
  const parameter = PARAMETERS.find((one) => one.name === name);
  if (parameter === undefined) throw new Error(`--threshold ${name}: there is none of this name${nearest(name)}`);
  const unit = UNITS[parameter.unit];
  const value = Number(written);
  if (!/^[\d.]+(?:e\d+)?$/i.test(written) || !Number.isFinite(value) || !unit.accepts(value))
    throw new Error(`--threshold ${name}=${written}: ${parameter.meaning}, ${unit.shown}: ${unit.bounds}`);
  return [name, value];
}

function nearest(name: string): string {
  const words = name.split('_').filter((word) => word.length > 2);
  const near = PARAMETERS.map((one) => one.name).filter((one) => words.some((word) => one.includes(word)));
  return near.length > 0 ? `; there are ${near.join(', ')}` : '; badgateway generate rules --list has them all';
}

/** A ticket that comes after its page is no warning. */
function checkOrder(values: ReadonlyMap<string, number>): void {
  const numberOf = (name: string) => values.get(name) ?? PARAMETERS.find((one) => one.name === name)?.value ?? 0;
  for (const [first, then] of [
    ['stale', 'stale_page'],
    ['conntrack_ratio', 'conntrack_page_ratio'],
    ['certificate_page_days', 'certificate_days'],
    ['certificate_short_page_ratio', 'certificate_short_ratio'],
    ['burn_ticket', 'burn_slow'],
    ['burn_slow', 'burn_fast'],
  ] as const)
    if (numberOf(first) >= numberOf(then))
      throw new Error(`--threshold: ${first} (${numberOf(first)}) has to be less than ${then} (${numberOf(then)})`);
}

function readObjectives(texts: readonly string[], values: ReadonlyMap<string, number>): Objective[] {
  const objectives = texts.map((text): Objective => {
    const equals = text.lastIndexOf('=');
    const [gateway, written] = equals < 0 ? [null, text] : pairOf(text, '--slo', equals);
    const percent = Number(written);
    if (!/^\d+(?:\.\d+)?$/.test(written) || percent <= 0 || percent >= 100)
      throw new Error(`--slo ${text}: percent of the answers that are no 5xx, more than 0 and less than 100`);
    const fast = values.get('burn_fast') ?? 14.4;
    if (budgetOf(percent) * fast >= 1)
      throw new Error(
        `--slo ${text}: ${fast} times ${budgetOf(percent)} is more than all requests, the page could never come: lower burn_fast`,
      );
    return { gateway, percent };
  });
  const names = objectives.map(({ gateway }) => gateway ?? 'all gateways');
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`--slo: two objectives for ${twice}`);
  return objectives;
}

function readSelection({ namespace = [], selector, job, containers }: RulesOptions): Selection {
  const wrong = namespace.find((one) => !NAMESPACE.test(one));
  if (wrong !== undefined) throw new Error(`--namespace ${JSON.stringify(wrong)}: no name of a namespace`);
  const matchers = (selector ?? '').split(BETWEEN_MATCHERS).filter((part) => part.trim() !== '');
  const odd = matchers.find((part) => !MATCHER.test(part));
  if (odd !== undefined) throw new Error(`--selector ${odd}: write label="value", and commas between, as in PromQL`);
  if (job?.includes('')) throw new Error('--job: an empty name');
  return {
    jobs: job ?? EVERYTHING.jobs,
    namespaces: namespace,
    matchers: matchers.map((part) => part.trim()).join(','),
    containers: readPattern(containers),
  };
}

function readPattern(containers: string | undefined): string {
  if (containers === undefined) return EVERYTHING.containers;
  try {
    new RegExp(containers);
  } catch {
    throw new Error(`--containers ${containers}: no regular expression`);
  }
  if (/[\n\r}]/.test(containers)) throw new Error('--containers: without braces and line breaks');
  return containers;
}

function baseOf(base: string | undefined, flag: string): string {
  if (base !== undefined && !/^https?:\/\/[^\s'"{}#]+$/.test(base))
    throw new Error(`${flag} ${JSON.stringify(base)}: a URL, such as https://git.example/badgateway/blob/main/`);
  return base ?? '';
}

function withSlash(base: string): string {
  return base === '' || base.endsWith('/') ? base : `${base}/`;
}

/** Labels of the PrometheusRule object. */
export function readLabels(texts: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, value] = pairOf(text, '--label', text.indexOf('='));
      if (!LABEL_NAME.test(name) || !LABEL_VALUE.test(value))
        throw new Error(`--label ${text}: not what Kubernetes takes as a label`);
      return [name, value];
    }),
  );
}
