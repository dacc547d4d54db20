/**
 * Writes into alerts/*.test.yaml the annotations that promtool renders for the alerts expected there. Labels are yours to
 * write: an alert that does not fire, or fires with other labels, stays a failure. Run by hand; read the diff.
 *
 *   node test/alerts/fill-annotations.ts
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dump } from 'js-yaml';
import { ALERTS_DIRECTORY, loadRuleTests } from './rule-files.ts';

type Labels = Readonly<Record<string, string>>;
interface Shown {
  readonly labels: Labels;
  readonly annotations: Labels;
}

const identity = (labels: Labels) => JSON.stringify(Object.entries(labels).sort());

/** Go's `{a="b", c="d"}`. */
function parseLabels(text: string): Labels {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)].map(([, name, value]) => [name, JSON.parse(value) as string]),
  );
}

/** What promtool got, keyed by test, alert and time. */
function parseFailures(output: string): Map<string, Shown[]> {
  const failures = new Map<string, Shown[]>();
  for (const block of output.split(/^ {4}name: /m).slice(1)) {
    const [, name, alert, time, got] =
      /^(.*),\n\s+alertname: (\S+), time: (\S+), [\s\S]*?got:([\s\S]*)$/.exec(block) ?? [];
    if (got === undefined) continue;
    const shown = [...got.matchAll(/Labels:\{(.*)\}\n\s+Annotations:\{(.*)\}/g)].map(([, labels, annotations]) => ({
      labels: parseLabels(labels),
      annotations: parseLabels(annotations),
    }));
    failures.set([name, alert, time].join('\n'), shown);
  }
  return failures;
}

for (const { file, content } of loadRuleTests()) {
  const { stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], {
    cwd: ALERTS_DIRECTORY,
    encoding: 'utf8',
  });
  const failures = parseFailures(stdout + stderr);
  for (const test of content.tests) {
    for (const check of test.alert_rule_test) {
      const shown = failures.get([test.name, check.alertname, check.eval_time].join('\n')) ?? [];
      for (const expected of check.exp_alerts) {
        const wanted = identity({ alertname: check.alertname, ...expected.exp_labels });
        const match = shown.find(({ labels }) => identity(labels) === wanted);
        if (match) expected.exp_annotations = match.annotations;
      }
    }
  }
  writeFileSync(`${ALERTS_DIRECTORY}/${file}`, dump(content, { lineWidth: -1 }));
}
