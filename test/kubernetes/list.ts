/** LIST of the fake API server: which version is answered, paging, and what is said when that version is gone. */
import type { KubernetesObject } from './objects.ts';
import type { RequestInfo, ResourceType } from './resources.ts';
import { apiVersionOf } from './resources.ts';
import { matcherOf } from './selectors.ts';
import { badRequest, continueTooOld, exactTooOld, invalidListOption, tooLarge } from './status.ts';
import type { ObjectStore } from './store.ts';

/** What a continue token carries; version -1 is "whatever is newest", the token that comes with a 410. */
interface Continue {
  readonly v: 'meta.k8s.io/v1';
  readonly rv: number;
  readonly after: string;
}

export interface Page {
  readonly resourceVersion: number;
  readonly items: readonly KubernetesObject[];
  readonly continue: string;
  readonly remainingItemCount: number | undefined;
}

export async function listPage(info: RequestInfo, store: ObjectStore, freshnessMs: number): Promise<Page> {
  const type = info.type!;
  const { query } = info;
  const matches = matcherOf(type, info.namespace, query);
  const token = query.get('continue') ?? '';
  const asked = query.get('resourceVersion') ?? '';
  const limit = asked === '0' ? 0 : Number(query.get('limit') ?? 0);
  checkOptions(query);
  const { resourceVersion, after } =
    token === ''
      ? { resourceVersion: await versionToList(query, store, freshnessMs), after: '' }
      : resume(token, store);
  const all = store.snapshot(type, resourceVersion).filter(([key, object]) => key > after && matches(object));
  const page = limit > 0 ? all.slice(0, limit) : all;
  const left = all.length - page.length;
  const selective = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '';
  return {
    resourceVersion,
    items: page.map(([, object]) => object),
    continue: left === 0 ? '' : encode(resourceVersion, page.at(-1)![0]),
    // With a selector nobody has counted what is left.
    remainingItemCount: left === 0 || selective ? undefined : left,
  };
}

/** The bytes of a list, a part at a time: 100,000 endpoints are never one string. */
export function* listParts(type: ResourceType, page: Page, accept = ''): Generator<Buffer> {
  const metadataOnly = /;as=PartialObjectMetadataList\b/.test(accept);
  const metadata = {
    resourceVersion: String(page.resourceVersion),
    ...(page.continue === '' ? {} : { continue: page.continue }),
    ...(page.remainingItemCount === undefined ? {} : { remainingItemCount: page.remainingItemCount }),
  };
  const whole = { kind: `${type.kind}List`, apiVersion: apiVersionOf(type), metadata };
  const head = JSON.stringify(metadataOnly ? { ...PARTIAL_LIST, metadata } : whole);
  let part = `${head.slice(0, -1)},"items":[`;
  for (const [index, object] of page.items.entries()) {
    part += `${index === 0 ? '' : ','}${metadataOnly ? partialText(object) : itemText(object)}`;
    if (part.length < 65_536) continue;
    yield Buffer.from(part);
    part = '';
  }
  yield Buffer.from(`${part}]}\n`);
}

const PARTIAL_LIST = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' };

const partialText = ({ metadata }: KubernetesObject): string =>
  JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata });

const texts = new WeakMap<KubernetesObject, string>();

/** Items of a list have no kind and no apiVersion, unlike the objects of a watch. */
function itemText(object: KubernetesObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const { kind: _, apiVersion: __, ...rest } = object;
  const text = JSON.stringify(rest);
  texts.set(object, text);
  return text;
}

function checkOptions(query: URLSearchParams): void {
  const asked = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  if (!/^\d*$/.test(asked)) {
    throw badRequest(
      `resourceVersion: Invalid value: "${asked}": strconv.ParseUint: parsing "${asked}": invalid syntax`,
    );
  }
  if ((query.get('continue') ?? '') !== '') {
    if (match !== '') {
      throw invalidListOption('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    }
    if (asked !== '' && asked !== '0')
      throw badRequest('specifying resource version is not allowed when using continue');
    return;
  }
  if (match === '') return;
  if (asked === '') {
    const why = 'resourceVersionMatch is forbidden unless resourceVersion is provided';
    throw invalidListOption('resourceVersionMatch', why);
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    throw invalidListOption('resourceVersionMatch', 'supported values: "Exact", "NotOlderThan", ""');
  }
  if (match === 'Exact' && asked === '0') {
    throw invalidListOption(
      'resourceVersionMatch',
      'resourceVersionMatch "Exact" is forbidden for resourceVersion "0"',
    );
  }
}

async function versionToList(query: URLSearchParams, store: ObjectStore, freshnessMs: number): Promise<number> {
  const asked = Number(query.get('resourceVersion') ?? '');
  if (asked === 0) return store.resourceVersion;
  if (!(await store.reaches(asked, freshnessMs))) throw tooLarge(asked, store.resourceVersion);
  // A limit with a version and no match is the old way to say Exact.
  const exact = query.get('resourceVersionMatch') === 'Exact' || legacyExact(query);
  if (!exact) return store.resourceVersion;
  if (asked < store.compacted) throw exactTooOld();
  return asked;
}

const legacyExact = (query: URLSearchParams): boolean =>
  (query.get('resourceVersionMatch') ?? '') === '' && Number(query.get('limit') ?? 0) > 0;

function resume(token: string, store: ObjectStore): { resourceVersion: number; after: string } {
  const { rv, after } = decode(token);
  if (rv === -1) return { resourceVersion: store.resourceVersion, after };
  if (rv < store.compacted) throw continueTooOld(encode(-1, after));
  return { resourceVersion: rv, after };
}

/** A token that starts where this one does but from the newest version: what comes with "continue too old". */
export const freshContinue = (token: string): string => encode(-1, decode(token).after);

function encode(rv: number, after: string): string {
  const content: Continue = { v: 'meta.k8s.io/v1', rv, after };
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function decode(token: string): Continue {
  try {
    const content = JSON.parse(Buffer.from(token, 'base64url').toString()) as Partial<Continue>;
    if (typeof content.rv === 'number' && typeof content.after === 'string') return content as Continue;
  } catch {
    // Not a token of ours: said below.
  }
  throw badRequest('continue key is not valid: illegal base64 data');
}
