import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dump } from 'js-yaml';
import { FRUGAL, missingProgram } from './programs.ts';
import { parsePromql } from './promql.ts';
import { ALERTS_DIRECTORY, loadRuleFiles, loadRuleTests, type Rule } from './rule-files.ts';

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

/**
 * Never, always; each comparison ten times higher, without effect, and the other way round; without what `and`, `or` and `unless` add, and what
 * `or` adds alone; `for` one evaluation sooner and later; no `keep_firing_for`.
 */
function mutantsOf(file: string, rule: Rule, at: number): Mutant[] {
  const { expr, alert = '', for: wait, keep_firing_for: keep } = rule;
  const make = (what: string, mutated: string): Mutant => ({ alert, file, at, what, change: { expr: mutated } });
  const mutants = [make('never', 'vector(1) < 0'), make('always', `(${expr}) or vector(1)`)];
  for (const { operator, value, from, to } of parsePromql(expr).thresholds) {
    const put = (text: string) => expr.slice(0, from) + text + expr.slice(to);
    const name = `${operator} ${value}`;
    if (value !== 0) mutants.push(make(`${name} times ten`, put(`${operator} ${value * 10}`)));
    // `(denominator > 0)`, the guard against a division by nothing, is not visible in the result.
    if (value !== 0 || expr[to] !== ')') mutants.push(make(`${name} dropped`, put(widen(operator))));
    mutants.push(make(`${name} turned`, put(`${TURNED[operator]} ${value}`)));
  }
  for (const { operator, from, to, left, right } of parsePromql(expr).sets) {
    const put = (text: string) => `${expr.slice(0, from)}(${text})${expr.slice(to)}`;
    mutants.push(make(`without ${operator} ${right}`, put(left)));
    if (operator === 'or') mutants.push(make(`without ${left} ${operator}`, put(right)));
  }
  const change = (what: string, changed: Partial<Rule>) => mutants.push({ alert, file, at, what, change: changed });
  if (wait) {
    const step = stepOf(file, alert);
    change('for sooner', { for: `${Math.max(seconds(wait) - step, 0)}s` });
    change('for later', { for: `${seconds(wait) + step}s` });
  }
  if (keep) change('keep_firing_for dropped', { keep_firing_for: '0s' });
  return mutants;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function seconds(duration: string): number {
  return [...duration.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * SECONDS[unit],
    0,
  );
}

/** Seconds between evaluations in the finest test of an alert. */
function stepOf(file: string, alert: string): number {
  const own = tests.filter(
    ({ content }) =>
      content.rule_files.includes(file) &&
      content.tests.some((one) => one.alert_rule_test.some(({ alertname }) => alertname === alert)),
  );
  return Math.min(...own.map(({ content }) => seconds(content.evaluation_interval)));
}

const TURNED: Readonly<Record<string, string>> = {
  ...{ '>': '<=', '>=': '<', '<': '>=', '<=': '>' },
  ...{ '==': '!=', '!=': '==' },
};

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
  // Tests of one file may need the recordings of others.
  for (const other of sources) copyFileSync(join(ALERTS_DIRECTORY, other.file), join(directory, other.file));
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
    const child = spawn('promtool', ['test', 'rules', ...files], { cwd, stdio: 'ignore', env: FRUGAL });
    child.on('error', reject).on('exit', resolve);
  });
}

test('without a change the tests pass there', { skip: missingProgram('promtool') }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-mutants-'));
  // One that needs the recordings of another file.
  const needy = tests.find(({ content }) => content.rule_files.length > 1)?.content.rule_files.at(-1);
  const mutant = mutants.find(({ file }) => file === needy);
  assert.ok(mutant);
  assert.ok(await survives({ ...mutant, change: {} }, directory));
  rmSync(directory, { recursive: true });
});

test('the tests notice every mutant of an alert', { skip: missingProgram('promtool') }, async (t) => {
  assert.ok(mutants.length > 100, `only ${mutants.length} mutants`);
  // All take some minutes of two cores: by day every twenty-fourth, by night all.
  const queue = mutants.filter((_, index) => IS_NIGHTLY || index % 24 === 0);
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
  t.diagnostic(`${tried} of ${mutants.length} mutants tried`);
  assert.deepEqual(survivors, []);
});
