export type Labels = Readonly<Record<string, string>>;

export interface Inhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

const SEVERITIES = ['info', 'warning', 'critical'];
/** Of `external_labels` or relabelling: on all alerts or on none. */
const OF_THE_SCRAPE = ['cluster', 'node'];

/** Reads `name="value"`, `name!="value"` and `name=~"a|b"`. */
export function matches(labels: Labels, matchers: readonly string[]): boolean {
  return matchers.every((matcher) => {
    const [, name, operator, value] = /^(\w+)(=~|!=|=)"(.*)"$/.exec(matcher) ?? [];
    if (name === undefined) throw new Error(`unknown matcher ${matcher}`);
    if (operator === '=~') return new RegExp(`^(?:${value})$`).test(labels[name] ?? '');
    return (labels[name] === value) === (operator === '=');
  });
}

/**
 * What is wrong with an inhibition, in sentences. `firings`: labels that alerts really have, of each alert and severity one or more. A label of
 * `equal` that is missing on both sides counts as equal: such a rule mutes everything.
 */
export function problemsOf(rule: Inhibition, firings: readonly Labels[]): string[] {
  const sources = firings.filter((labels) => matches(labels, rule.source_matchers));
  const targets = firings.filter((labels) => matches(labels, rule.target_matchers));
  if (sources.length === 0 || targets.length === 0) return ['matches no alert'];
  const problems = new Set<string>();
  for (const name of [...rule.source_matchers, ...rule.target_matchers].flatMap(namesOf))
    if (!firings.some(({ alertname }) => alertname === name)) problems.add(`no alert ${name}`);
  for (const label of rule.equal.filter((name) => !OF_THE_SCRAPE.includes(name))) {
    if (!sources.some((labels) => label in labels)) problems.add(`${label} is on no source`);
    if (!targets.some((labels) => label in labels)) problems.add(`${label} is on no target`);
  }
  for (const source of sources) {
    if (matches(source, rule.target_matchers)) problems.add(`${source.alertname} mutes itself`);
    for (const target of targets) {
      if (SEVERITIES.indexOf(source.severity) < SEVERITIES.indexOf(target.severity))
        problems.add(`${source.alertname} is milder than ${target.alertname}`);
      if (target.kind === 'symptom' && target.severity === 'critical' && source.kind !== 'symptom')
        problems.add(`${source.alertname} mutes a page of a symptom`);
      if (!rule.equal.some((label) => label in source && label in target))
        problems.add(`${source.alertname} would mute every ${target.alertname}`);
    }
  }
  return [...problems];
}

function namesOf(matcher: string): string[] {
  return /^alertname=~?"(.*)"$/.exec(matcher)?.[1].split('|') ?? [];
}

/** Alerts that mute each other in a circle all vanish. The first circle, or null. */
export function circleOf(rules: readonly Inhibition[], firings: readonly Labels[]): string | null {
  const key = ({ alertname, severity }: Labels) => `${alertname}/${severity}`;
  const edges = new Map<string, Set<string>>();
  for (const rule of rules)
    for (const source of firings.filter((labels) => matches(labels, rule.source_matchers))) {
      const muted = firings.filter((labels) => matches(labels, rule.target_matchers)).map(key);
      edges.set(key(source), new Set([...(edges.get(key(source)) ?? []), ...muted]));
    }
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string | null => {
    if (path.includes(node)) return [...path, node].join(' → ');
    if (done.has(node)) return null;
    for (const next of edges.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle !== null) return circle;
    }
    done.add(node);
    return null;
  };
  for (const node of edges.keys()) {
    const circle = visit(node, []);
    if (circle !== null) return circle;
  }
  return null;
}
