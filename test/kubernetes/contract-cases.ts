/**
 * What a real API server was seen to do (shared by the fake's own tests and by the run against a real one). Cases talk
 * HTTP only, leave nothing behind, and need a namespace of their own with no endpoint slices and pods in it.
 */
import assert from 'node:assert/strict';
import type { Ground } from './contract-ground.ts';
import type { KubernetesObject } from './objects.ts';
import type { Answer } from './raw-client.ts';
import { ENDPOINT_SLICES, PODS } from './resources.ts';

export interface ContractCase {
  readonly probe: string;
  run(on: Ground): Promise<void>;
}

const SERVICE = 'kubernetes.io/service-name';

async function threeSlices(on: Ground): Promise<void> {
  for (const name of ['cart', 'foo', 'other']) await on.create(ENDPOINT_SLICES, on.slice(`${name}-1`, name));
}

const namesOf = ({ json }: Answer): string[] =>
  (json.items as KubernetesObject[]).map(({ metadata }) => metadata.name).sort();

const fields = (selector: string) => `?fieldSelector=${encodeURIComponent(selector)}`;

export const CONTRACT: readonly ContractCase[] = [
  {
    probe: 'list with a resourceVersion of the future: 504 ResourceVersionTooLarge after 3 s',
    async run(on) {
      const future = (await on.version(ENDPOINT_SLICES)) + 1_000_000;
      const began = performance.now();
      const { status, json } = await on.ask(ENDPOINT_SLICES, `?resourceVersion=${future}`);
      assert.ok(performance.now() - began > 2.5 * on.secondMs);
      assert.deepEqual([status, json.reason, json.details.retryAfterSeconds], [504, 'Timeout', 1]);
      assert.equal(json.details.causes[0].reason, 'ResourceVersionTooLarge');
    },
  },
  {
    probe: 'timeoutSeconds=3: clean end of the stream after 3 s',
    async run(on) {
      const began = performance.now();
      const watch = await on.watch(PODS, `timeoutSeconds=3&resourceVersion=${await on.version(PODS)}`);
      assert.equal(await watch.end(), 'end');
      const seconds = (performance.now() - began) / on.secondMs;
      assert.ok(seconds > 2.9, `${seconds} s`);
      assert.deepEqual([watch.status, watch.events], [200, []]);
    },
  },
  {
    probe: 'leaving a label selector is DELETED with the old labels and the new version, entering is ADDED',
    async run(on) {
      const slice = await on.create(ENDPOINT_SLICES, on.slice('cart-1', 'cart'));
      const from = slice.metadata.resourceVersion;
      const watch = await on.watch(ENDPOINT_SLICES, `resourceVersion=${from}&labelSelector=${SERVICE}%3Dcart`);
      const { resourceVersion: _, ...metadata } = slice.metadata;
      const left = await on.put(ENDPOINT_SLICES, { ...slice, metadata: { ...metadata, labels: { [SERVICE]: 'foo' } } });
      const back = await on.put(ENDPOINT_SLICES, { ...slice, metadata });
      const seen = (await watch.next(2)).map(({ type, object }) => [
        type,
        object.metadata.labels?.[SERVICE],
        object.metadata.resourceVersion,
      ]);
      assert.deepEqual(seen, [
        ['DELETED', 'cart', left.metadata.resourceVersion],
        ['ADDED', 'cart', back.metadata.resourceVersion],
      ]);
    },
  },
  {
    probe: 'limit=1: continue and remainingItemCount, and the pages make the whole',
    async run(on) {
      await threeSlices(on);
      const first = await on.ask(ENDPOINT_SLICES, '?limit=1');
      assert.deepEqual([first.json.items.length, first.json.metadata.remainingItemCount], [1, 2]);
      const token = encodeURIComponent(first.json.metadata.continue);
      const second = await on.ask(ENDPOINT_SLICES, `?limit=5&continue=${token}`);
      assert.deepEqual([...namesOf(first), ...namesOf(second)], ['cart-1', 'foo-1', 'other-1']);
      assert.equal(second.json.metadata.continue, undefined);
      assert.equal(second.json.metadata.resourceVersion, first.json.metadata.resourceVersion);
    },
  },
  {
    probe: 'limit=1 with a selector: continue but no remainingItemCount',
    async run(on) {
      await threeSlices(on);
      const { json } = await on.ask(ENDPOINT_SLICES, `?limit=1&labelSelector=${SERVICE}`);
      assert.equal(json.items.length, 1);
      assert.deepEqual([typeof json.metadata.continue, json.metadata.remainingItemCount], ['string', undefined]);
    },
  },
  {
    probe: 'limit=1 with resourceVersion=0: the limit is ignored',
    async run(on) {
      await threeSlices(on);
      const { json } = await on.ask(ENDPOINT_SLICES, '?limit=1&resourceVersion=0');
      assert.deepEqual([json.items.length, json.metadata.continue], [3, undefined]);
    },
  },
  {
    probe: 'items of a list have no kind and no apiVersion, objects of a watch have',
    async run(on) {
      const { metadata } = await on.create(ENDPOINT_SLICES, on.slice('cart-1', 'cart'));
      const { json } = await on.ask(ENDPOINT_SLICES);
      assert.deepEqual(
        [json.kind, json.items[0].kind, json.items[0].apiVersion],
        ['EndpointSliceList', undefined, undefined],
      );
      const watch = await on.watch(ENDPOINT_SLICES, `resourceVersion=${Number(metadata.resourceVersion) - 1}`);
      const [event] = await watch.next(1);
      assert.deepEqual([event.object.kind, event.object.apiVersion], ['EndpointSlice', 'discovery.k8s.io/v1']);
    },
  },
  {
    probe: 'bookmarks, if any come, have only a resourceVersion and empty fields',
    async run(on) {
      const watch = await on.watch(
        PODS,
        `resourceVersion=${await on.version(PODS)}&allowWatchBookmarks=true&timeoutSeconds=6`,
      );
      assert.deepEqual([watch.status, await watch.end(6 * on.secondMs + 4000)], [200, 'end']);
      for (const { type, object } of watch.events) {
        const { metadata, spec, status } = object;
        assert.deepEqual([type, object.kind, metadata.name, metadata.uid], ['BOOKMARK', 'Pod', undefined, undefined]);
        assert.match(metadata.resourceVersion ?? '', /^\d+$/);
        assert.deepEqual([spec, status], [{ containers: null }, {}]);
      }
    },
  },
  {
    probe: 'fieldSelector: status.podIP and spec.nodeName select, status.hostIP is not supported',
    async run(on) {
      const made = await on.create(PODS, on.pod('with-address', 'no-such-node'));
      await on.put(
        PODS,
        { ...made, status: { phase: 'Running', podIP: '10.9.9.9', podIPs: [{ ip: '10.9.9.9' }] } } as KubernetesObject,
        '/status',
      );
      await on.create(PODS, on.pod('without'));
      assert.deepEqual(namesOf(await on.ask(PODS, fields('status.podIP=10.9.9.9'))), ['with-address']);
      assert.deepEqual(namesOf(await on.ask(PODS, fields('spec.nodeName=no-such-node,metadata.name!=x'))), [
        'with-address',
      ]);
      const refused = await on.ask(PODS, fields('status.hostIP=10.0.0.1'));
      assert.deepEqual([refused.status, refused.json.reason], [400, 'BadRequest']);
      assert.match(refused.json.message, /field label not supported: status\.hostIP/);
    },
  },
  {
    probe: 'fieldSelector: endpoint slices know metadata.name and metadata.namespace only',
    async run(on) {
      await threeSlices(on);
      assert.deepEqual(namesOf(await on.ask(ENDPOINT_SLICES, fields('metadata.name=foo-1'))), ['foo-1']);
      const refused = await on.ask(ENDPOINT_SLICES, fields('addressType=IPv4'));
      assert.deepEqual([refused.status, refused.json.reason], [400, 'BadRequest']);
      assert.match(
        refused.json.message,
        /"addressType" is not a known field selector: only "metadata.name", "metadata.namespace"/,
      );
    },
  },
  {
    probe: 'labelSelector service-name in (cart,foo), for list and watch',
    async run(on) {
      const from = await on.version(ENDPOINT_SLICES);
      await threeSlices(on);
      const selector = `labelSelector=${encodeURIComponent(`${SERVICE} in (cart,foo)`)}`;
      assert.deepEqual(namesOf(await on.ask(ENDPOINT_SLICES, `?${selector}`)), ['cart-1', 'foo-1']);
      const watch = await on.watch(ENDPOINT_SLICES, `${selector}&resourceVersion=${from}&timeoutSeconds=1`);
      await watch.end();
      assert.deepEqual(
        watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`),
        ['ADDED cart-1', 'ADDED foo-1'],
      );
    },
  },
  {
    probe: 'graceful delete with grace 45: deletionTimestamp is 45 s ahead, deletionGracePeriodSeconds 45',
    async run(on) {
      const { metadata } = await on.create(PODS, on.pod('going', 'no-such-node'));
      const watch = await on.watch(
        PODS,
        `resourceVersion=${metadata.resourceVersion}&fieldSelector=metadata.name%3Dgoing`,
      );
      const answer = await on.ask(PODS, '/going?gracePeriodSeconds=45', { method: 'DELETE' });
      const now = Date.parse(answer.headers.date!);
      const [{ type, object }] = await watch.next(1);
      assert.deepEqual([type, object.metadata.deletionGracePeriodSeconds], ['MODIFIED', 45]);
      assert.ok(Math.abs(Date.parse(object.metadata.deletionTimestamp!) - now - 45_000) <= 2000);
      await on.ask(PODS, '/going?gracePeriodSeconds=0', { method: 'DELETE' });
      const events = await watch.next(2);
      assert.equal(events.at(-1)!.type, 'DELETED');
    },
  },
  {
    probe: 'Accept …as=PartialObjectMetadataList: metadata only',
    async run(on) {
      await on.create(ENDPOINT_SLICES, on.slice('cart-1', 'cart'));
      const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
      const { json } = await on.ask(ENDPOINT_SLICES, '', { headers: { accept } });
      assert.deepEqual([json.kind, json.apiVersion], ['PartialObjectMetadataList', 'meta.k8s.io/v1']);
      assert.deepEqual([json.items[0].metadata.name, json.items[0].endpoints], ['cart-1', undefined]);
    },
  },
  {
    probe: 'a token that nobody gave out: 401 with a Status, reason Unauthorized',
    async run(on) {
      const { status, json } = await on.askWithToken(PODS, 'wrong');
      assert.deepEqual([status, json.kind, json.reason, json.code], [401, 'Status', 'Unauthorized', 401]);
    },
  },
  {
    probe: 'resourceVersionMatch: Exact shows the past, without a version it is invalid',
    async run(on) {
      const { metadata } = await on.create(ENDPOINT_SLICES, on.slice('cart-1', 'cart'));
      await on.create(ENDPOINT_SLICES, on.slice('foo-1', 'foo'));
      const then = `resourceVersion=${metadata.resourceVersion}`;
      assert.deepEqual(namesOf(await on.ask(ENDPOINT_SLICES, `?${then}&resourceVersionMatch=Exact`)), ['cart-1']);
      assert.deepEqual(namesOf(await on.ask(ENDPOINT_SLICES, `?${then}&resourceVersionMatch=NotOlderThan`)), [
        'cart-1',
        'foo-1',
      ]);
      const invalid = await on.ask(ENDPOINT_SLICES, '?resourceVersionMatch=Exact');
      assert.deepEqual([invalid.status, invalid.json.reason], [422, 'Invalid']);
    },
  },
];
