import { EnvoyFormatError } from './format-problem.ts';
import { type Operator, operatorOf } from './operators.ts';

export type FormatPart =
  | { readonly kind: 'literal'; readonly bytes: Buffer }
  | { readonly kind: 'value'; readonly operator: Operator };

/** envoyproxy/envoy source/common/formatter/substitution_formatter.cc: name, (argument), :length. */
const OPERATOR = /%([A-Z0-9_]+)(?:\((.*?)\))?(?::([0-9]+))?%/sy;
const LONGEST_FORMAT = 16_384;

/** Splits an Envoy format string; `%%` is a percent sign. Literals are joined. Throws EnvoyFormatError. */
export function formatParts(format: string): FormatPart[] {
  if (format.length > LONGEST_FORMAT) throw new EnvoyFormatError('bad_syntax', 'it is longer than 16 KiB');
  const parts: FormatPart[] = [];
  let literal = '';
  let at = 0;
  const endLiteral = () => {
    if (literal !== '') parts.push({ kind: 'literal', bytes: Buffer.from(literal) });
    literal = '';
  };
  while (at < format.length) {
    const percent = format.indexOf('%', at);
    literal += format.slice(at, percent < 0 ? format.length : percent);
    if (percent < 0) break;
    if (format[percent + 1] === '%') {
      literal += '%';
      at = percent + 2;
      continue;
    }
    OPERATOR.lastIndex = percent;
    const found = OPERATOR.exec(format);
    if (found === null) throw new EnvoyFormatError('bad_syntax', `"${format.slice(percent, percent + 40)}"`);
    endLiteral();
    const [whole, name, argument, length] = found;
    parts.push({ kind: 'value', operator: operatorOf(whole.slice(1, -1), name, argument ?? '', length) });
    at = OPERATOR.lastIndex;
  }
  endLiteral();
  return parts;
}

/** The operators of a format, in order. */
export function operatorsIn(parts: readonly FormatPart[]): Operator[] {
  return parts.flatMap((part) => (part.kind === 'value' ? [part.operator] : []));
}
