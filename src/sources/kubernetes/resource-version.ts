import { ApiError } from './api-error.ts';

/** What every object of the API says of itself. */
export interface ObjectIdentity {
  /** `namespace/name` */
  readonly key: string;
  readonly version: string;
}

/** Throws ApiError when it has no name or version. */
export function identityOf(value: unknown): ObjectIdentity {
  const { namespace, name, resourceVersion } = metadataOf(value);
  if (typeof name !== 'string' || name === '' || typeof resourceVersion !== 'string')
    throw new ApiError('bad_data', 'an object has no name or version');
  return { key: `${typeof namespace === 'string' ? namespace : ''}/${name}`, version: resourceVersion };
}

export function metadataOf(value: unknown): Readonly<Record<string, unknown>> {
  const metadata = typeof value === 'object' && value !== null && 'metadata' in value ? value.metadata : undefined;
  return typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>) : {};
}

/**
 * True when `one` was written before `other`. Versions of one API server are decimal numbers that only grow (KEP-5504 makes
 * that a promise); of any other form nothing is known, so false.
 */
export function isOlder(one: string, other: string): boolean {
  if (!isNumber(one) || !isNumber(other)) return false;
  return one.length === other.length ? one < other : one.length < other.length;
}

const isNumber = (version: string): boolean => /^(0|[1-9]\d*)$/.test(version);
