import type { Parameter, Site } from './generate-rules-parameter.ts';
import { UNITS } from './generate-rules-units.ts';

/** A replacement in the text of a file of rules. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** One rule in the text: from its first line to that of the next one. */
export interface RuleText {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Its expression, without the key. */
  readonly expr: { readonly from: number; readonly to: number };
}

const RULE = /^ {6}- (?:alert|record): (\S+)$/gm;
/** A key of a rule; its value is on this line or, deeper, on those that follow. */
const EXPR = /^ {8}expr:(.*(?:\n(?: {10}.*)?(?=\n))*)/m;

/** The rules of a file of ours, in its order. */
export function findRules(text: string): RuleText[] {
  const heads = [...text.matchAll(RULE)];
  return heads.map((head, at) => {
    const from = head.index;
    const to = heads[at + 1]?.index ?? text.length;
    const [whole, value] = EXPR.exec(text.slice(from, to)) ?? [];
    if (whole === undefined || value === undefined) throw new Error(`${head[1]}: no expression`);
    const end = from + text.slice(from, to).indexOf(whole) + whole.length;
    return { name: head[1] ?? '', from, to, expr: { from: end - value.length, to: end } };
  });
}

/** @throws when two edits overlap: parameters that stand in one place. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let done = 0;
  for (const { from, to, text: put } of edits.toSorted((a, b) => a.from - b.from)) {
    if (from < done) throw new Error(`two changes of ${JSON.stringify(text.slice(from, to))}`);
    result += text.slice(done, from) + put;
    done = to;
  }
  return result + text.slice(done);
}

/** What a parameter's new value changes in a file. */
export function parameterEdits(text: string, parameter: Parameter, value: number): Edit[] {
  const rules = findRules(text);
  return parameter.sites.flatMap((site) =>
    rules.filter(({ name }) => name === site.rule).flatMap((rule) => siteEdits(text, rule, site, parameter, value)),
  );
}

function siteEdits(
  text: string,
  rule: RuleText,
  site: Site,
  { unit, value: before }: Parameter,
  after: number,
): Edit[] {
  const { expr, text: words } = UNITS[unit];
  const inExpr = numbers(text, rule.expr, site.expr, expr(before), expr(after));
  // The other alert of this name, which has numbers of its own.
  if (inExpr.length === 0) return [];
  const annotations = { from: rule.expr.to, to: rule.to };
  const inTexts = site.texts.flatMap((one) => numbers(text, annotations, one, words(before), words(after)));
  return [...inExpr, ...inTexts];
}

/** Every place of `pattern` with the number that it has now, and not with a longer one. */
function numbers(
  text: string,
  { from, to }: { readonly from: number; readonly to: number },
  pattern: string,
  before: string,
  after: string,
): Edit[] {
  const [head = '', tail = ''] = pattern.split('$');
  const whole = head + before + tail;
  const edits: Edit[] = [];
  for (let at = text.indexOf(whole, from); at >= 0 && at < to; at = text.indexOf(whole, at + 1)) {
    const start = at + head.length;
    const end = start + before.length;
    if (!/^\.?\d/.test(text.slice(end, end + 2))) edits.push({ from: start, to: end, text: after });
  }
  return edits;
}
