import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { load } from 'js-yaml';
import { applyEdits, parameterEdits } from '../../src/commands/generate-rules-edit.ts';
import { PARAMETERS } from '../../src/commands/generate-rules-files.ts';
import { each, parameter } from '../../src/commands/generate-rules-parameter.ts';
import { TRAFFIC_PARAMETERS } from '../../src/commands/generate-rules-traffic.ts';
import { UNITS } from '../../src/commands/generate-rules-units.ts';
import { WORLD_PARAMETERS } from '../../src/commands/generate-rules-world.ts';
import { parsePromql } from '../alerts/promql.ts';
import { ALERTS_DIRECTORY, allAlerts, loadRuleFiles, type RuleFile } from '../alerts/rule-files.ts';
import { directory, exprOf, generate, rulesInFiles, rulesOf, sources } from './generated-rules.ts';

const alerts = allAlerts();

describe('the rules without options', () => {
  it('are the files of alerts/, byte for byte', () => {
    const output = join(directory, 'defaults');
    assert.equal(generate({ output }).code, 0);
    assert.deepEqual(
      readdirSync(output),
      loadRuleFiles().map(({ file }) => file),
    );
    for (const file of readdirSync(output))
      assert.ok(readFileSync(join(output, file)).equals(readFileSync(join(ALERTS_DIRECTORY, file))), file);
  });

  it('are the same on standard output', () => {
    assert.deepEqual(rulesOf({}), rulesInFiles);
  });

  it('are the PrometheusRules of deploy/', () => {
    const { out } = generate({ format: 'prometheusrule' });
    const committed = readFileSync('deploy/kubernetes/base/prometheusrule.yaml', 'utf8');
    assert.ok(out === committed.slice(committed.indexOf('\n') + 1), 'node deploy/generate.ts');
  });

  it('are the same when defaults are given', () => {
    const threshold = PARAMETERS.map(({ name, value }) => `${name}=${value}`);
    assert.ok(generate({ slo: ['99.9'], job: ['badgateway'], threshold }).out === generate({}).out);
  });
});

describe('thresholds', () => {
  it('stand where the table says', () => {
    for (const { name, value, unit, sites } of PARAMETERS) {
      assert.ok(UNITS[unit].accepts(value), name);
      for (const site of sites) {
        const found = sources.flatMap((text) =>
          parameterEdits(text, { name, value, unit, meaning: '', sites: [{ ...site, texts: [] }] }, value * 2),
        );
        assert.ok(found.length > 0, `${name}: ${site.rule} has no ${site.expr}`);
      }
    }
  });

  it('are listed as far as somebody reads', () => {
    const command = `"${process.execPath}" src/main.ts generate rules | head -c 1`;
    const { stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    assert.deepEqual([stdout, stderr], ['g', '']);
  });

  it('are all of them: every number that an alert compares with', () => {
    // 0 is "at all" and 1 the state of a condition; a denominator is no threshold.
    const known = new Set([
      'GatewayCrashLooping >= 1',
      'GatewayUpgradesDroppedAtReload > 0.5',
      'GatewayConntrackFillingUp > 1',
      'GatewayMemoryWillReachLimit > 1',
      'GatewayWorkersFillMemory > 1',
    ]);
    const missing = alerts.flatMap(({ alert, expr }) =>
      parsePromql(expr)
        .thresholds.filter(({ operator, value }) => value !== 0 && operator !== '==')
        .filter(({ operator, value }) => {
          const isParameter = PARAMETERS.some(
            ({ sites, unit, value: standard }) =>
              sites.some(({ rule }) => rule === alert) && Number(UNITS[unit].expr(standard)) === value,
          );
          return !isParameter && !known.has(`${alert} ${operator} ${value}`);
        })
        .map(({ operator, value }) => `${alert} ${operator} ${value}`),
    );
    assert.deepEqual(missing, []);
  });

  for (const parameter of PARAMETERS) {
    const { name, value, unit, sites } = parameter;
    it(`${name} changes its alerts, in the expression and in words, and no other rule`, () => {
      const other = unit === 'ratio' ? value / 2 : value * 3;
      const changed = sources.flatMap((source) => {
        const edits = parameterEdits(source, parameter, other);
        if (edits.length === 0) return [];
        const [before, after] = [source, applyEdits(source, edits)].map((text) =>
          (load(text) as RuleFile).groups.flatMap((group) => group.rules),
        );
        return after.flatMap((rule, at) =>
          JSON.stringify(rule) === JSON.stringify(before[at]) ? [] : [{ rule, was: before[at] }],
        );
      });
      assert.deepEqual(
        [...new Set(changed.map(({ rule }) => rule.alert))].sort(),
        sites.map(({ rule }) => rule).sort(),
      );
      for (const { rule, was } of changed) {
        assert.notEqual(rule.expr, was.expr, rule.alert);
        assert.equal(parsePromql(rule.expr).errors, 0);
        for (const text of sites.find((one) => one.rule === rule.alert)?.texts ?? []) {
          const [before, after] = [value, other].map((number) => text.replace('$', UNITS[unit].text(number)));
          if (was.annotations?.description.includes(before))
            assert.ok(rule.annotations?.description.includes(after), `${rule.alert}: ${after}`);
        }
      }
    });
  }

  it('are changed in every description that tells one', () => {
    const untold = alerts.flatMap(({ alert, annotations }) => {
      const sites = PARAMETERS.flatMap(({ sites: all, unit, value }) =>
        all
          .filter(({ rule }) => rule === alert)
          .flatMap(({ texts }) => texts.map((text) => text.replace('$', UNITS[unit].text(value)))),
      );
      const limits = [...annotations.description.matchAll(/limit (?=\d)[\d.]+(?: (?:%|m?s|MB))?/g)].map(
        ([text]) => text,
      );
      return limits.filter((limit) => !sites.includes(limit)).map((limit) => `${alert}: ${limit}`);
    });
    assert.deepEqual(untold, []);
  });

  it('that change places do not change each other', () => {
    const rules = rulesOf({ threshold: ['error_ratio=0.2', 'error_traffic=0.01'] });
    assert.match(exprOf(rules, 'GatewayServerErrorsHigh'), /ratio_rate5m > 0\.2\n.*rate5m > 0\.01\n/);
  });

  it('of events are half an event lower, for increase() extrapolates', () => {
    assert.match(exprOf(rulesOf({ threshold: ['restarts=4'] }), 'GatewayRestarting'), /increase1h > 3\.5/);
  });

  it('say their limit in words', () => {
    const [memory] = rulesOf({ threshold: ['memory=700000000'] }).filter(
      ({ alert }) => alert === 'GatewayHighMemoryUsage',
    );
    assert.match(memory.annotations?.description ?? '', /over 700 MB/);
    assert.match(memory.expr, /> 700000000\n/);
  });

  it('are listed with default, unit, meaning and alerts', () => {
    const { code, out } = generate({ list: true });
    assert.equal(code, 0);
    assert.equal(out.split('\n').length, PARAMETERS.length + 2);
    assert.match(out, /^error_ratio +0\.01 +ratio +share of .*\(.*NginxBadGateway.*\)$/m);
    for (const { name } of PARAMETERS) assert.equal(PARAMETERS.filter((one) => one.name === name).length, 1, name);
  });
});

describe('the parts of the table', () => {
  it('are all in it, in the order of --list', () => {
    assert.deepEqual(
      PARAMETERS.map(({ name }) => name),
      [...TRAFFIC_PARAMETERS, ...WORLD_PARAMETERS].map(({ name }) => name),
    );
  });

  it('share places between alerts', () => {
    assert.deepEqual(parameter('a', 'ratio', 0.5, 'm', each(['X', 'Y'], '> $', 'limit $')).sites, [
      { rule: 'X', expr: '> $', texts: ['limit $'] },
      { rule: 'Y', expr: '> $', texts: ['limit $'] },
    ]);
  });
});
