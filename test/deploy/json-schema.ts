/** The part of JSON Schema that values.schema.json and the schemas of manifests use; what it does not know it refuses. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly not?: Schema;
  readonly if?: Schema;
  readonly then?: Schema;
  readonly [note: string]: unknown;
}

const KNOWN = new Set(
  'type enum const pattern minLength properties required additionalProperties items minItems maxItems uniqueItems allOf anyOf not if then $schema title description'.split(
    ' ',
  ),
);

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** What is wrong, each with its place; empty when the value fits. */
export function violations(schema: Schema, value: unknown, place = ''): string[] {
  const unknown = Object.keys(schema).filter((word) => !KNOWN.has(word));
  // helm's expressions are Go's.
  if (/\(\?[=!<]/.test(schema.pattern ?? '')) throw new Error(`helm has no look-around: ${schema.pattern}`);
  if (unknown.length > 0) throw new Error(`this check does not know ${unknown.join(', ')}`);
  const wrong = [...ofAny(schema, value, place), ...combined(schema, value, place)];
  if (typeof value === 'string') {
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
      wrong.push(`${place}: not ${schema.pattern}`);
    if (value.length < (schema.minLength ?? 0)) wrong.push(`${place}: too short`);
  }
  if (Array.isArray(value)) wrong.push(...ofList(schema, value, place));
  else if (typeof value === 'object' && value !== null)
    wrong.push(...ofMap(schema, value as Record<string, unknown>, place));
  return wrong;
}

function ofAny(schema: Schema, value: unknown, place: string): string[] {
  const types = schema.type === undefined ? [] : [schema.type].flat();
  const type = typeOf(value);
  const fits = types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number'));
  return [
    ...(fits ? [] : [`${place}: ${type} instead of ${types.join(' or ')}`]),
    ...(schema.enum !== undefined && !schema.enum.includes(value)
      ? [`${place}: none of ${schema.enum.join(', ')}`]
      : []),
    ...('const' in schema && schema.const !== value ? [`${place}: not ${String(schema.const)}`] : []),
  ];
}

function combined(schema: Schema, value: unknown, place: string): string[] {
  const wrong = (schema.allOf ?? []).flatMap((one) => violations(one, value, place));
  const any = schema.anyOf;
  if (any?.every((one) => violations(one, value, place).length > 0)) wrong.push(`${place}: fits none`);
  if (schema.not !== undefined && violations(schema.not, value, place).length === 0)
    wrong.push(`${place}: not allowed`);
  if (schema.if === undefined || violations(schema.if, value, place).length > 0) return wrong;
  return [...wrong, ...violations(schema.then ?? {}, value, place)];
}

function ofList(schema: Schema, list: readonly unknown[], place: string): string[] {
  const wrong = list.flatMap((one, at) => violations(schema.items ?? {}, one, `${place}[${at}]`));
  if (list.length < (schema.minItems ?? 0)) wrong.push(`${place}: too few`);
  if (list.length > (schema.maxItems ?? Infinity)) wrong.push(`${place}: too many`);
  if (schema.uniqueItems && new Set(list).size < list.length) wrong.push(`${place}: not unique`);
  return wrong;
}

function ofMap(schema: Schema, map: Readonly<Record<string, unknown>>, place: string): string[] {
  const missing = (schema.required ?? []).filter((key) => !(key in map)).map((key) => `${place}: no ${key}`);
  const own = Object.entries(map).flatMap(([key, value]) => {
    const known = schema.properties?.[key];
    if (known !== undefined) return violations(known, value, `${place}.${key}`);
    if (schema.additionalProperties === false) return [`${place}.${key}: unknown`];
    return typeof schema.additionalProperties === 'object'
      ? violations(schema.additionalProperties, value, `${place}.${key}`)
      : [];
  });
  return [...missing, ...own];
}
