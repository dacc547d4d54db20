import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { load } from 'js-yaml';
import { runGenerateRules } from '../../src/commands/generate-rules.ts';
import type { RulesOptions } from '../../src/commands/generate-rules-options.ts';
import { ALERTS_DIRECTORY, allRules, loadRuleFiles, type Rule, type RuleFile } from '../alerts/rule-files.ts';

export const directory = mkdtempSync(join(tmpdir(), 'badgateway-generate-'));
after(() => rmSync(directory, { recursive: true }));

export function generate(options: RulesOptions, args: readonly string[] = []) {
  let out = '';
  let said = '';
  const code = runGenerateRules(options, args, {
    out: (text) => {
      out += text;
    },
    note: (sentence) => {
      said += `${sentence}\n`;
    },
  });
  return { code, out, said };
}

export function rulesOf(options: RulesOptions): Rule[] {
  const { code, out, said } = generate(options);
  assert.equal(code, 0, said);
  return (load(out) as RuleFile).groups.flatMap(({ rules }) => rules);
}
export const exprOf = (rules: readonly Rule[], name: string) =>
  rules
    .filter((rule) => (rule.alert ?? rule.record) === name)
    .map(({ expr }) => expr)
    .join('\n');

export const rulesInFiles = allRules();
export const sources = loadRuleFiles().map(({ file }) => readFileSync(join(ALERTS_DIRECTORY, file), 'utf8'));
