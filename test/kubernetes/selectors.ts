/** Label and field selectors of the fake API server. */
import type { KubernetesObject } from './objects.ts';
import type { ResourceType } from './resources.ts';
import { badRequest } from './status.ts';

export type Matcher = (object: KubernetesObject) => boolean;

const KEY = '[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?';
const SET = new RegExp(`^(?<key>${KEY})\\s+(?<operator>in|notin)\\s*\\((?<values>[^()]*)\\)$`);
const EQUALITY = new RegExp(`^(?<key>${KEY})\\s*(?<operator>==|=|!=)\\s*(?<values>[A-Za-z0-9_.-]*)$`);
const EXISTS = new RegExp(`^(?<operator>!?)\\s*(?<key>${KEY})$`);

export function labelMatcher(selector: string): Matcher {
  const requirements = splitOutsideParentheses(selector).map(labelRequirement);
  return ({ metadata }) => requirements.every((matches) => matches(metadata.labels ?? {}));
}

function labelRequirement(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const found = (SET.exec(text) ?? EQUALITY.exec(text) ?? EXISTS.exec(text))?.groups;
  if (found === undefined) throw badRequest(`unable to parse requirement: ${JSON.stringify(text)}`);
  const { key, operator } = found;
  if (operator === '') return (labels) => Object.hasOwn(labels, key);
  if (operator === '!') return (labels) => !Object.hasOwn(labels, key);
  const values = new Set(found.values.split(',').map((value) => value.trim()));
  const wanted = operator === 'in' || operator === '=' || operator === '==';
  // `!=` and `notin` also match objects without the key.
  return (labels) => (Object.hasOwn(labels, key) && values.has(labels[key])) === wanted;
}

function splitOutsideParentheses(selector: string): string[] {
  const parts = selector.match(/(?:\([^()]*\)|[^,])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

export function fieldMatcher(selector: string, type: ResourceType): Matcher {
  const requirements = selector
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => fieldRequirement(part.trim(), type));
  return (object) => requirements.every((matches) => matches(object));
}

function fieldRequirement(text: string, type: ResourceType): Matcher {
  const found = /^(?<path>[^=!]+)(?<operator>==|=|!=)(?<value>.*)$/.exec(text)?.groups;
  if (found === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const path = found.path.trim();
  if (path !== 'metadata.name' && path !== 'metadata.namespace' && !type.fieldLabels.includes(path)) {
    throw badRequest(unknownField(path, type));
  }
  const wanted = found.operator !== '!=';
  return (object) => (valueAt(object, path.split('.')) === found.value.trim()) === wanted;
}

/** Types with a conversion of their own say it one way, those with the default one another. */
function unknownField(path: string, { fieldLabels }: ResourceType): string {
  if (fieldLabels.length > 0) return `field label not supported: ${path}`;
  return `"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

/** Field selectors compare text; an absent field is the empty string. */
function valueAt(object: object, path: readonly string[]): string {
  let value: unknown = object;
  for (const step of path) value = (value as Record<string, unknown> | null | undefined)?.[step];
  return value === undefined || value === null ? '' : String(value);
}

/** All selectors of a request and its namespace in one. */
export function matcherOf(type: ResourceType, namespace: string | undefined, query: URLSearchParams): Matcher {
  const labels = labelMatcher(query.get('labelSelector') ?? '');
  const fields = fieldMatcher(query.get('fieldSelector') ?? '', type);
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && labels(object) && fields(object);
}
