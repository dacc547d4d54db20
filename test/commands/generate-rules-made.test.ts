import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { load, loadAll } from 'js-yaml';
import { addGenerate } from '../../src/commands/generate-flags.ts';
import { findRules } from '../../src/commands/generate-rules-edit.ts';
import { budgetOf, PARAMETERS } from '../../src/commands/generate-rules-files.ts';
import type { RulesOptions } from '../../src/commands/generate-rules-options.ts';
import { EVERYTHING, selectionEdits } from '../../src/commands/generate-rules-select.ts';
import { OWN_METRICS } from '../alerts/known-metrics.ts';
import { missingProgram } from '../alerts/programs.ts';
import { parsePromql } from '../alerts/promql.ts';
import { ALERTS_DIRECTORY, loadRuleFiles, type RuleFile } from '../alerts/rule-files.ts';
import { directory, exprOf, generate, rulesInFiles, rulesOf, sources } from './generated-rules.ts';

describe('flags', () => {
  it('are those that the command takes, and its exit code is told', async () => {
    const codes: number[] = [];
    const program = new Command().exitOverride();
    addGenerate(program, (code) => codes.push(code));
    const output = join(directory, 'flags');
    const args = ['--output', output, '--slo', '99', 'edge=99.5', '--threshold', 'latency=1', '--job', 'a'];
    await program.parseAsync(['generate', 'rules', ...args], { from: 'user' });
    await program.parseAsync(['generate', 'rules', '--threshold', 'latency=no'], { from: 'user' });
    assert.deepEqual(codes, [0, 2]);
    assert.match(readFileSync(join(output, 'slo.rules.yaml'), 'utf8'), /\{gateway="edge"\} \* 0 \+ 0\.005\n/);
    await assert.rejects(
      program.parseAsync(['generate', 'rules', '--format', 'json'], { from: 'user' }),
      /Allowed choices/,
    );
  });
});

describe('objectives', () => {
  it('are the budget of all gateways, or of one', () => {
    assert.equal(budgetOf(99.9), 0.001);
    assert.equal(budgetOf(99.95), 0.0005);
    const name = 'gateway:badgateway_error_budget:ratio';
    assert.equal(exprOf(rulesOf({ slo: ['99.5'] }), name), 'gateway:badgateway_requests:rate5m * 0 + 0.005');
    assert.equal(
      exprOf(rulesOf({ slo: ['shop/edge=99.95', 'mesh=99'] }), name)
        .replace(/\s+/g, ' ')
        .trim(),
      'gateway:badgateway_requests:rate5m{namespace="shop",gateway="edge"} * 0 + 0.0005 ' +
        'or gateway:badgateway_requests:rate5m{gateway="mesh"} * 0 + 0.01 or gateway:badgateway_requests:rate5m * 0 + 0.001',
    );
  });
});

describe('selection', () => {
  const rules = rulesOf({ namespace: ['shop', 'pay'], selector: 'env="prod", region=~"eu,.*"', job: ['a.b', 'c'] });
  const selectors = rules.flatMap((rule) => {
    const found = [...rule.expr.matchAll(/(?<![\w:])(badgateway_\w+|up|nodejs_\w+)(?![\w:(])(\{[^}]*\})?/g)];
    return found.map(([, metric, braces = '']) => ({ rule, metric, braces }));
  });

  it('finds every series that somebody exports', () => {
    const parsed = rulesInFiles.flatMap(({ expr }) => parsePromql(expr).selectors);
    const exported = parsed.filter(({ metric }) => OWN_METRICS.has(metric) || /^(up|nodejs_.*)$/.test(metric));
    assert.equal(selectors.length, exported.length);
  });

  it('puts the matchers on every series of badgateway', () => {
    for (const { metric, braces, rule } of selectors) {
      const isBackend = metric === 'nodejs_eventloop_lag_p99_seconds';
      assert.equal(
        braces.includes('env="prod",region=~"eu,.*"'),
        !isBackend,
        `${rule.alert ?? rule.record}: ${metric}`,
      );
    }
  });

  it('puts namespaces on series of gateways, not on those of nodes, backends and badgateway', () => {
    for (const { metric, braces, rule } of selectors) {
      const isOfGateway = OWN_METRICS.get(metric)?.labels.includes('gateway') ?? false;
      const isOfBackend =
        /gateway=""|condition="sidecar_down"/.test(braces) ||
        (metric === 'badgateway_oom_kills_total' && !braces.includes('gateway'));
      const name = `${rule.alert ?? rule.record}: ${metric}${braces}`;
      assert.equal(braces.includes('namespace=~"shop|pay"'), isOfGateway && !isOfBackend, name);
    }
    assert.match(exprOf(rules, 'NginxBadGateway'), /\{status="502",controller_namespace=~"shop\|pay"\}/);
  });

  it('names several jobs as one expression, literally', () => {
    assert.match(exprOf(rules, 'BadgatewayAbsent'), /up\{job=~"a\\\\\.b\|c",env/);
    assert.match(exprOf(rulesOf({ job: ['x/y'] }), 'BadgatewayAbsent'), /up\{job="x\/y"\}/);
    assert.ok(
      rules.every(({ expr }) => !/job!?="badgateway"/.test(expr)),
      'a rule looks for the default job',
    );
    assert.match(rules.map(({ expr }) => expr).join(), /job!~"a/);
  });

  it('takes other names of containers', () => {
    const edge = rulesOf({ containers: 'edge-\\d+' });
    assert.ok(edge.every(({ expr }) => !expr.includes('.*(gateway|nginx|envoy).*')));
    assert.match(exprOf(edge, 'gateway_container:container_spec_memory_limit_bytes:max'), /name=~"edge-\\\\d\+"/);
  });

  it('changes nothing by itself', () => {
    for (const text of sources) assert.deepEqual(selectionEdits(text, EVERYTHING), []);
  });

  it('finds the rules of a file and their expressions', () => {
    for (const { content, file } of loadRuleFiles()) {
      const text = readFileSync(join(ALERTS_DIRECTORY, file), 'utf8');
      const rules = content.groups.flatMap((group) => group.rules);
      assert.deepEqual(
        findRules(text).map(({ name, expr }) => [name, text.slice(expr.from, expr.to).replace(/^ \||\s+/g, '')]),
        rules.map((rule) => [rule.alert ?? rule.record, rule.expr.replace(/\s+/g, '')]),
      );
    }
  });
});

describe('links', () => {
  it('are put after their bases', () => {
    const rules = rulesOf({ runbookBase: 'https://git.example/b', dashboardBase: 'https://grafana.example/' });
    for (const { alert, annotations } of rules.filter((rule) => rule.alert !== undefined)) {
      assert.equal(annotations?.runbook_url, `https://git.example/b/docs/runbooks/${alert}.md`);
      assert.match(annotations?.dashboard_url ?? '', /^https:\/\/grafana\.example\/d\//);
    }
  });
});

describe('what is made', () => {
  const variants: Record<string, RulesOptions> = {
    'every threshold twice as high': {
      threshold: PARAMETERS.map(({ name, unit, value }) => `${name}=${unit === 'ratio' ? value * 0.97 : value * 2}`),
    },
    'objectives of gateways': { slo: ['99.5', 'shop/edge=99.95', 'mesh=99'] },
    'a selection': { namespace: ['shop'], selector: 'env!="test"', job: ['a', 'b'], containers: 'edge' },
    links: { runbookBase: 'https://git.example/', dashboardBase: 'https://grafana.example' },
  };
  for (const [what, options] of Object.entries(variants)) {
    it(`${what}: promtool finds nothing to complain about, as files, as one, and in the object`, {
      skip: missingProgram('promtool'),
    }, () => {
      const output = join(directory, what.replaceAll(' ', '-'));
      assert.equal(generate({ ...options, output }, ['--slo', '99.5']).code, 0);
      writeFileSync(join(output, 'one.yaml'), generate(options).out);
      const objects = loadAll(generate({ ...options, format: 'prometheusrule' }).out) as { spec: RuleFile }[];
      const one = load(readFileSync(join(output, 'one.yaml'), 'utf8')) as RuleFile;
      assert.equal(JSON.stringify(objects.flatMap(({ spec }) => spec.groups)), JSON.stringify(one.groups));
      const files = readdirSync(output).filter((file) => file.endsWith('.rules.yaml'));
      for (const args of [files, ['one.yaml']]) {
        const result = spawnSync('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', ...args], {
          cwd: output,
          encoding: 'utf8',
        });
        assert.equal(result.status, 0, result.stdout + result.stderr);
      }
      assert.match(
        readFileSync(join(output, files[0]), 'utf8'),
        /^# Generated: badgateway generate rules --slo 99\.5\n/,
      );
    });
  }

  it('says what is wrong with a parameter, and writes nothing', () => {
    const cases: [RulesOptions, RegExp][] = [
      [{ threshold: ['latncy=1'] }, /--threshold latncy: there is none of this name.*--list/],
      [{ threshold: ['memory_share=1'] }, /there are memory, memory_of_limit, memory_ratio/],
      [
        { threshold: ['error_ratio=2'] },
        /error_ratio=2: share of .*ratio: more than 0 and less than 1, so 0\.02 for 2 %/,
      ],
      [{ threshold: ['error_ratio=1%'] }, /error_ratio=1%/],
      [{ threshold: ['error_ratio'] }, /write NAME=VALUE/],
      [{ threshold: ['restarts=1.5'] }, /restarts=1\.5: .* a whole number/],
      [{ threshold: ['stale=200'] }, /stale \(200\) has to be less than stale_page \(120\)/],
      [{ slo: ['100'] }, /--slo 100: .*less than 100/],
      [{ slo: ['edge='] }, /--slo "edge=": write NAME=VALUE/],
      [{ slo: ['90'] }, /the page could never come: lower burn_fast/],
      [{ slo: ['99', '99.9'] }, /two objectives for all gateways/],
      [{ namespace: ['a b'] }, /--namespace "a b"/],
      [{ selector: 'env=prod' }, /--selector env=prod: write label="value"/],
      [{ runbookBase: 'git.example' }, /--runbook-base "git\.example": a URL/],
      [{ label: ['release=x'] }, /--label is for the objects/],
      [{ label: ['release=x y'], format: 'prometheusrule' }, /--label release=x y/],
      [{ containers: '(' }, /--containers \(: no regular expression/],
      [{ output: '/dev/null/rules' }, /ENOTDIR/],
    ];
    for (const [options, message] of cases) {
      const { code, out, said } = generate(options);
      assert.deepEqual({ code, out }, { code: 2, out: '' }, JSON.stringify(options));
      assert.match(said, message);
    }
  });

  it('comes from the command line, whose words the file tells', () => {
    const args = ['src/main.ts', 'generate', 'rules', '--slo', '99.5', '--selector', 'env="a b"'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
    assert.equal(status, 0, stderr);
    assert.ok((load(stdout) as RuleFile).groups.length > 10);
    const output = join(directory, 'cli');
    const written = spawnSync(process.execPath, [...args, '--output', output], { encoding: 'utf8', timeout: 20_000 });
    assert.match(written.stderr, /\d+ files in /);
    const [head] = readFileSync(join(output, 'slo.rules.yaml'), 'utf8').split('\n');
    assert.equal(head, `# Generated: badgateway generate rules --slo 99.5 --selector 'env="a b"' --output ${output}`);
  });
});
