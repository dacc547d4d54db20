import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';

export const ALERTS_DIRECTORY = fileURLToPath(new URL('../../alerts', import.meta.url));
export const RUNBOOKS_DIRECTORY = fileURLToPath(new URL('../../docs/runbooks', import.meta.url));

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
export interface AlertRule extends Rule {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}
export interface RuleTest {
  readonly name: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test: readonly {
    readonly eval_time: string;
    readonly alertname: string;
    readonly exp_alerts: {
      readonly exp_labels: Readonly<Record<string, string>>;
      exp_annotations?: Readonly<Record<string, string>>;
    }[];
  }[];
}
export interface RuleTestFile {
  readonly rule_files: readonly string[];
  readonly evaluation_interval: string;
  readonly tests: readonly RuleTest[];
}
interface Loaded<T> {
  readonly file: string;
  readonly content: T;
}

function loadAll<T>(suffix: string): Loaded<T>[] {
  return readdirSync(ALERTS_DIRECTORY)
    .filter((file) => file.endsWith(suffix))
    .sort()
    .map((file) => ({ file, content: load(readFileSync(`${ALERTS_DIRECTORY}/${file}`, 'utf8')) as T }));
}

export const loadRuleFiles = () => loadAll<RuleFile>('.rules.yaml');
export const loadRuleTests = () => loadAll<RuleTestFile>('.test.yaml');

export function allRules(): Rule[] {
  return loadRuleFiles().flatMap(({ content }) => content.groups.flatMap(({ rules }) => rules));
}

export function allAlerts(): AlertRule[] {
  return allRules().filter((rule): rule is AlertRule => rule.alert !== undefined);
}
