import assert from 'node:assert/strict';
import type { KubernetesObject } from './objects.ts';
import { endpointSlice, pod } from './objects.ts';
import type { Answer, AskOptions, Target } from './raw-client.ts';
import { ask, RawWatch } from './raw-client.ts';
import type { ResourceType } from './resources.ts';
import { collectionPath } from './resources.ts';

/** A server and a namespace to try things in. */
export class Ground {
  readonly #target: Target;
  readonly #namespace: string;
  readonly secondMs: number;
  readonly #made: string[] = [];
  readonly #open: RawWatch[] = [];

  constructor(target: Target, namespace: string, secondMs = 1000) {
    this.#target = target;
    this.#namespace = namespace;
    this.secondMs = secondMs;
  }

  slice(name: string, service: string): KubernetesObject {
    // Not in the name of the controller of endpoint slices: that one would feel responsible.
    const labels = { 'endpointslice.kubernetes.io/managed-by': 'badgateway-contract' };
    return endpointSlice({ name, service, labels, namespace: this.#namespace, addresses: ['10.1.1.1'] });
  }

  pod(name: string, nodeName?: string): KubernetesObject {
    return pod({ name, namespace: this.#namespace, ...(nodeName === undefined ? {} : { nodeName }) });
  }

  ask(type: ResourceType, rest = '', options: AskOptions = {}): Promise<Answer> {
    return ask(this.#target, `${collectionPath(type, this.#namespace)}${rest}`, options);
  }

  /** With a token of one's own choice and no client certificate. */
  askWithToken(type: ResourceType, token: string): Promise<Answer> {
    const { url, ca } = this.#target;
    return ask({ url, ca, token }, collectionPath(type, this.#namespace));
  }

  async create(type: ResourceType, object: KubernetesObject): Promise<KubernetesObject> {
    const { status, json } = await this.ask(type, '', { method: 'POST', body: object });
    assert.equal(status, 201, JSON.stringify(json));
    this.#made.push(`${collectionPath(type, this.#namespace)}/${object.metadata.name}`);
    return json as KubernetesObject;
  }

  async put(type: ResourceType, object: KubernetesObject, subresource = ''): Promise<KubernetesObject> {
    const { status, json } = await this.ask(type, `/${object.metadata.name}${subresource}`, {
      method: 'PUT',
      body: object,
    });
    assert.equal(status, 200, JSON.stringify(json));
    return json as KubernetesObject;
  }

  async version(type: ResourceType): Promise<number> {
    return Number((await this.ask(type)).json.metadata.resourceVersion);
  }

  async watch(type: ResourceType, query: string): Promise<RawWatch> {
    const watch = await RawWatch.open(this.#target, `${collectionPath(type, this.#namespace)}?watch=true&${query}`);
    this.#open.push(watch);
    return watch;
  }

  async clean(): Promise<void> {
    for (const watch of this.#open) watch.close();
    for (const path of this.#made) await ask(this.#target, `${path}?gracePeriodSeconds=0`, { method: 'DELETE' });
  }
}
