import type * as z from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list ([a, b])',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a mapping (key: value)',
  record: 'a mapping (key: value)',
  string: 'text',
};

const COUNTED: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' };

/** What is wrong with a value, for whoever wrote the YAML. Undefined: as zod says it. A schema's own message comes before this. */
export function mistakeWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.join(', ')}`;
    case 'too_small':
      if (COUNTED[issue.origin] !== undefined && issue.minimum === 1) return 'must not be empty';
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${amount(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${amount(issue.maximum, issue.origin)}`;
    default:
      return undefined;
  }
}

function amount(limit: number | bigint, origin: string): string {
  const counted = COUNTED[origin];
  return counted === undefined ? `${limit}` : `${limit} ${counted}`;
}

/** What may stand there as several things: where the value has the type of some, only what these say. */
export function unionWords(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  const ofType = branches.filter(([first]) => first.code !== 'invalid_type' || first.path.length > 0);
  const issues = (ofType.length > 0 ? ofType : branches).flat();
  const words = issues.map(({ message, path }) => (path.length === 0 ? message : `${path.join('.')} ${message}`));
  return [...new Set(words)].join(', or ');
}
