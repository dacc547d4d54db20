import type { FormatProblem } from './format-problem.ts';
import type { Escape } from './log-format.ts';
import type { Segment } from './segments.ts';
import { FIELDS, type Field } from './variables.ts';
import { isListOfAttempts, type Walk, walkSegment } from './walk.ts';

/** Where a field is read. */
export interface Place {
  readonly segment: number;
  readonly part: number;
}

export interface Places {
  /** By segment. */
  readonly walks: readonly Walk[];
  readonly fields: ReadonlyMap<Field, Place>;
  /** Fields of the format that nothing leads to. */
  readonly hidden: readonly FormatProblem[];
}

/** Finds a way to every field, from one end of its segment or from both. */
export function placesOf(segments: readonly Segment[], escaping: Escape): Places {
  let hasList = false;
  const walks = segments.map((segment) => {
    const walk = walkSegment(segment, escaping, hasList);
    hasList ||= segment.some((part, index) => isListOfAttempts(part) && isReached(index, walk));
    return walk;
  });
  const fields = new Map<Field, Place>();
  const problems = new Map<Field, FormatProblem>();
  segments.forEach((parts, segment) => {
    parts.forEach((value, part) => {
      if (value.kind !== 'value') return;
      for (const { name: variable } of value.variables) {
        const name = fieldOf(variable);
        if (name === null || fields.has(name)) continue;
        const problem = problemOf(variable, parts, part, walks[segment], escaping);
        if (problem !== null) problems.set(name, problem);
        else fields.set(name, { segment, part });
      }
    });
  });
  return { walks, fields, hidden: [...problems].filter(([name]) => !fields.has(name)).map(([, problem]) => problem) };
}

/** ingress-nginx: the id that the client or a proxy before it gave, else nginx's own (`map $http_x_request_id $req_id`). */
const OTHER_NAMES: Readonly<Record<string, Field>> = { req_id: 'request_id' };

function fieldOf(variable: string): Field | null {
  if (FIELDS.has(variable)) return variable as Field;
  return Object.hasOwn(OTHER_NAMES, variable) ? OTHER_NAMES[variable] : null;
}

function problemOf(name: string, segment: Segment, part: number, walk: Walk, escaping: Escape): FormatProblem | null {
  const names = namesOf(segment, part);
  if (names.length > 1) {
    const other = names[names.indexOf(name) + 1] ?? names[names.length - 2];
    return { reason: 'adjacent', variable: name, text: other, fix: `put a space between $${name} and $${other}` };
  }
  if (isReached(part, walk)) return null;
  const [blocker] = namesOf(segment, walk.blockedBy);
  return { reason: 'hidden', variable: name, text: blocker, fix: fixOf(name, blocker, escaping) };
}

function isReached(part: number, { forward, backward, gap }: Walk): boolean {
  return part === gap || [...forward, ...backward].some((step) => step.part === part);
}

function namesOf(segment: Segment, part: number): string[] {
  const value = segment[part];
  return value.kind === 'value' ? value.variables.map(({ name }) => name) : [];
}

function fixOf(name: string, blocker: string, escaping: Escape): string {
  if (escaping === 'none') return `leave out escape=none and put quotes around $${blocker}`;
  return name === blocker ? `put quotes around $${name}` : `put quotes around $${blocker}, or $${name} before it`;
}
