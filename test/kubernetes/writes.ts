/** POST, PUT and DELETE of the fake API server: enough to run the same contract here and against a real one. */
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import type { KubernetesObject } from './objects.ts';
import type { RequestInfo } from './resources.ts';
import { ApiError, badRequest, conflict, notFound } from './status.ts';
import type { ObjectStore } from './store.ts';

export interface Written {
  readonly code: number;
  readonly object: KubernetesObject;
}

export async function write(info: RequestInfo, request: IncomingMessage, store: ObjectStore): Promise<Written> {
  if (info.verb === 'create') {
    const object = await bodyOf(request);
    if (info.namespace !== undefined) object.metadata.namespace = info.namespace;
    return { code: 201, object: store.create(object) };
  }
  const { type, name = '' } = info;
  const current = store.get(type!, info.namespace, name);
  if (current === undefined) throw notFound(type!, name);
  if (info.verb === 'delete') return remove(info, request, store, current);
  const wanted = await bodyOf(request);
  const asked = wanted.metadata.resourceVersion;
  if (asked !== undefined && asked !== current.metadata.resourceVersion) throw conflict(type!, name);
  const object = store.update(current, (draft) => {
    const { uid, creationTimestamp } = draft.metadata;
    // The subresource takes nothing but the status.
    if (info.subresource === 'status') Object.assign(draft, { status: (wanted as { status?: object }).status });
    else Object.assign(draft, wanted, { metadata: { ...wanted.metadata, uid, creationTimestamp } });
  });
  return { code: 200, object };
}

async function remove(
  info: RequestInfo,
  request: IncomingMessage,
  store: ObjectStore,
  current: KubernetesObject,
): Promise<Written> {
  request.resume();
  const graceful = info.type!.graceful && (current as { spec?: { nodeName?: string } }).spec?.nodeName !== undefined;
  const graceSeconds = graceful ? Number(info.query.get('gracePeriodSeconds') ?? 30) : 0;
  // Nobody plays kubelet here: what is terminating stays so until it is deleted again with grace 0.
  store.delete(current, { graceSeconds, goneByItself: false });
  return { code: 200, object: store.get(info.type!, info.namespace, info.name!) ?? current };
}

async function bodyOf(request: IncomingMessage): Promise<KubernetesObject> {
  try {
    const object = (await json(request)) as Partial<KubernetesObject> | null;
    if (object?.metadata?.name !== undefined && object.kind !== undefined) return object as KubernetesObject;
  } catch {
    throw badRequest('the object provided is unrecognized (must be of type JSON)');
  }
  throw new ApiError(422, 'Invalid', 'name or generateName is required');
}
