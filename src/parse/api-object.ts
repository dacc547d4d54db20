/** Fields of a Kubernetes object as the API sends it, of which nothing is taken for granted. */
export type Fields = Readonly<Record<string, unknown>>;

/** No object: one without fields. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** '' for what is no text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** At most so many elements; none of what is no list. */
export function listOf(value: unknown, most: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}
