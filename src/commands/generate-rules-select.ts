import { type Edit, findRules } from './generate-rules-edit.ts';

/** Which series the rules look at. Matchers are written as between the braces of PromQL. */
export interface Selection {
  /** Of the scrape job or jobs of badgateway. */
  readonly jobs: readonly string[];
  /** Namespaces of gateways. Empty: all. */
  readonly namespaces: readonly string[];
  /** For every series of badgateway and its `up`: `env="prod",region=~"eu-.*"`. */
  readonly matchers: string;
  /** Regular expression: names of containers that are gateways where there is no Kubernetes. */
  readonly containers: string;
}

export const EVERYTHING: Selection = {
  jobs: ['badgateway'],
  namespaces: [],
  matchers: '',
  containers: '.*(gateway|nginx|envoy).*',
};

/** A series that somebody exports, not one that a rule records: those have colons. Braces in strings belong to no name. */
const SELECTOR =
  /(?<![\w:])(badgateway_\w+|up|nodejs_eventloop_lag_\w+|nginx_ingress_controller_requests)(?![\w:(])(\{[^}]*\})?/g;
const JOB = /job(!?)="badgateway"/;
/** Of the node, of the program itself, or of pods behind gateways: all others have the label `gateway`. */
const OF_NO_GATEWAY =
  /^badgateway_(?:api_server|autoscaler|build|cause_rule|checkpoint|collector|config_last|conntrack|endpoint_changes_missed|http_|listen|pod_|relist|rollout_seconds|series|syn_queue|tcp_sockets|upstream_endpoint_info|verdicts|watch)/;
/** These are told of backends, too. */
const OF_BACKENDS = /gateway=""|condition="sidecar_down"/;

/** What a selection changes in a file of rules. Only expressions are touched. */
export function selectionEdits(text: string, selection: Selection): Edit[] {
  return findRules(text).flatMap(({ expr: { from, to } }) => {
    const expr = text.slice(from, to);
    return [...selectorEdits(expr, selection), ...containerEdits(expr, selection)].map((edit) => ({
      from: from + edit.from,
      to: from + edit.to,
      text: edit.text,
    }));
  });
}

function selectorEdits(expr: string, selection: Selection): Edit[] {
  return [...expr.matchAll(SELECTOR)].flatMap(({ 0: whole, 1: metric = '', 2: braces = '', index }) => {
    const inside = braces.slice(1, -1);
    const matchers = [withJobs(inside, selection.jobs), ...added(metric, inside, selection)].filter(Boolean).join(',');
    const text = matchers === '' ? metric : `${metric}{${matchers}}`;
    return text === whole ? [] : [{ from: index, to: index + whole.length, text }];
  });
}

function added(metric: string, inside: string, { namespaces, matchers }: Selection): string[] {
  const own = metric.startsWith('badgateway_') || /job="badgateway"/.test(inside);
  const label = metric === 'nginx_ingress_controller_requests' ? 'controller_namespace' : 'namespace';
  const isOfGateway =
    (metric.startsWith('badgateway_') &&
      !OF_NO_GATEWAY.test(metric) &&
      !OF_BACKENDS.test(inside) &&
      !isEvidence(metric, inside)) ||
    label === 'controller_namespace';
  return [own ? matchers : '', isOfGateway && namespaces.length > 0 ? `${label}${oneOf(namespaces)}` : ''];
}

/** Kills in pods, of which the rules of causes join those behind a gateway. */
function isEvidence(metric: string, inside: string): boolean {
  return metric === 'badgateway_oom_kills_total' && inside === '';
}

function withJobs(inside: string, jobs: readonly string[]): string {
  return inside.replace(JOB, (_, not: string) => `job${oneOf(jobs, not === '!')}`);
}

function containerEdits(expr: string, { containers }: Selection): Edit[] {
  const before = EVERYTHING.containers;
  if (containers === before) return [];
  const edits: Edit[] = [];
  for (let at = expr.indexOf(before); at >= 0; at = expr.indexOf(before, at + before.length))
    edits.push({ from: at, to: at + before.length, text: quoted(containers) });
  return edits;
}

/** `="a"` or `=~"a|b"`; names are taken as they are. */
function oneOf(values: readonly string[], isNot = false): string {
  const [first = '', ...others] = values;
  if (others.length === 0) return `${isNot ? '!' : ''}="${quoted(first)}"`;
  const literal = values.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  return `${isNot ? '!' : '='}~"${quoted(literal)}"`;
}

function quoted(value: string): string {
  return value.replace(/[\\"]/g, '\\$&');
}
