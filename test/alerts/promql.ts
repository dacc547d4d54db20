import { parser } from '@prometheus-io/lezer-promql';

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree['topNode'];

export interface Selector {
  readonly metric: string;
  /** Label names that are matched. */
  readonly labels: readonly string[];
  /** The innermost function or aggregation around it, `rate` for instance. */
  readonly inside: string;
  readonly isRange: boolean;
}

/** A comparison with a number on its right: `> 0.01`. */
export interface Threshold {
  readonly operator: string;
  readonly value: number;
  readonly from: number;
  readonly to: number;
}

/** `left and right`, `or`, `unless`; where the whole and its two sides stand. */
export interface SetOperation {
  readonly operator: string;
  readonly from: number;
  readonly to: number;
  readonly left: string;
  readonly right: string;
}

export interface ParsedExpression {
  /** Lezer recovers from errors; promtool is the authority on syntax. */
  readonly errors: number;
  readonly selectors: readonly Selector[];
  readonly functions: readonly string[];
  readonly thresholds: readonly Threshold[];
  readonly sets: readonly SetOperation[];
}

/** Names of metrics, labels and functions in a PromQL expression, for lint. */
export function parsePromql(expression: string): ParsedExpression {
  const text = (node: Node) => expression.slice(node.from, node.to);
  const selectors: Selector[] = [];
  const functions: string[] = [];
  const thresholds: Threshold[] = [];
  const sets: SetOperation[] = [];
  let errors = 0;
  parser.parse(expression).iterate({
    enter({ node, type }) {
      if (type.isError) errors++;
      if (type.name === 'FunctionIdentifier') functions.push(text(node));
      if (type.name === 'VectorSelector') {
        const identifier = node.getChild('Identifier');
        selectors.push({
          metric: identifier === null ? '' : text(identifier),
          labels: labelNames(node).map(text),
          inside: enclosingFunction(node, text),
          isRange: node.parent?.name === 'MatrixSelector',
        });
      }
      if (type.name === 'BinaryExpr') {
        const operator = node.firstChild?.nextSibling;
        const right = node.lastChild;
        if (operator && right?.name === 'NumberDurationLiteral' && /^([<>]=?|[!=]=)$/.test(text(operator))) {
          thresholds.push({ operator: text(operator), value: Number(text(right)), from: operator.from, to: right.to });
        }
        if (operator && right && /^(and|or|unless)$/.test(text(operator)))
          sets.push({
            ...{ operator: text(operator), from: node.from, to: node.to },
            ...{ left: text(node.firstChild!), right: text(right) },
          });
      }
    },
  });
  return { errors, selectors, functions, thresholds, sets };
}

function labelNames(selector: Node): Node[] {
  const matchers = selector.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
  return matchers.flatMap((matcher) => matcher.getChildren('LabelName'));
}

function enclosingFunction(node: Node, text: (node: Node) => string): string {
  for (let at = node.parent; at !== null; at = at.parent) {
    const name = at.name === 'FunctionCall' ? at.getChild('FunctionIdentifier') : null;
    if (name) return text(name);
    if (at.name === 'AggregateExpr') return text(at.getChild('AggregateOp')!);
  }
  return '';
}
