import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dump } from 'js-yaml';
import { missingProgram } from './programs.ts';
import { parsePromql } from './promql.ts';
import { loadRuleFiles, loadRuleTests, type Rule } from './rule-files.ts';

/** Which tests of which file notice a change of one alert. */
interface Mutant {
  readonly alert: string;
  readonly file: string;
  readonly at: number;
  readonly what: string;
  readonly change: Partial<Rule>;
}

const tests = loadRuleTests();
const sources = loadRuleFiles();
const IS_NIGHTLY = process.env.BADGATEWAY_NIGHTLY === '1';

/** Never, always, and each threshold ten times higher, and without effect. */
function mutantsOf(file: string, rule: Rule, at: number): Mutant[] {
  const { expr, alert = '' } = rule;
  const make = (what: string, mutated: string): Mutant => ({ alert, file, at, what, change: { expr: mutated } });
  const mutants = [make('never', 'vector(1) < 0'), make('always', `(${expr}) or vector(1)`)];
  for (const { operator, value, from, to } of parsePromql(expr).thresholds) {
    const put = (text: string) => expr.slice(0, from) + text + expr.slice(to);
    const name = `${operator} ${value}`;
    if (value !== 0) mutants.push(make(`${name} times ten`, put(`${operator} ${value * 10}`)));
    // `(denominator > 0)`, the guard against a division by nothing, is not visible in the result.
    if (value !== 0 || expr[to] !== ')') mutants.push(make(`${name} dropped`, put(widen(operator))));
  }
  if (rule.for) mutants.push({ alert, file, at, what: 'for dropped', change: { for: '0s' } });
  return mutants;
}

/** Nothing that is compared is left out any more. */
function widen(operator: string): string {
  return operator.startsWith('<') ? '< +Inf' : '> -Inf';
}

const mutants = sources.flatMap(({ file, content }) =>
  content.groups[0].rules.flatMap((rule, at) => (rule.alert ? mutantsOf(file, rule, at) : [])),
);

async function survives({ alert, file, at, change }: Mutant, directory: string): Promise<boolean> {
  const { content } = sources.find((one) => one.file === file)!;
  const [group] = content.groups;
  const rules = group.rules.map((rule, index) => (index === at ? { ...rule, ...change } : rule));
  writeFileSync(join(directory, file), dump({ groups: [{ ...group, rules }] }));
  const files = tests
    .filter((one) => one.content.rule_files.includes(file))
    .map((one) => ({
      ...one,
      content: {
        ...one.content,
        tests: one.content.tests.filter(({ alert_rule_test }) =>
          alert_rule_test.some((check) => check.alertname === alert),
        ),
      },
    }))
    .filter((one) => one.content.tests.length > 0);
  for (const one of files) writeFileSync(join(directory, one.file), dump(one.content));
  return (
    (await promtool(
      files.map((one) => one.file),
      directory,
    )) === 0
  );
}

function promtool(files: readonly string[], cwd: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('promtool', ['test', 'rules', ...files], { cwd, stdio: 'ignore' });
    child.on('error', reject).on('exit', resolve);
  });
}

test('the tests notice every mutant of an alert', { skip: missingProgram('promtool') }, async () => {
  assert.ok(mutants.length > 100, `only ${mutants.length} mutants`);
  // All take some minutes of two cores: by day every twelfth, by night all.
  const queue = mutants.filter((_, index) => IS_NIGHTLY || index % 12 === 0);
  const survivors: string[] = [];
  let tried = 0;
  async function work(): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'badgateway-mutants-'));
    for (let mutant = queue.pop(); mutant !== undefined; mutant = queue.pop()) {
      if (await survives(mutant, directory)) survivors.push(`${mutant.alert}: ${mutant.what}`);
      tried++;
    }
    rmSync(directory, { recursive: true });
  }
  await Promise.all([work(), work()]);
  console.log(`${tried} of ${mutants.length} mutants tried`);
  assert.deepEqual(survivors, []);
});
