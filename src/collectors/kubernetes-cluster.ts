import type { ClusterObjects, ClusterResource, ClusterSink } from '../contract/cluster.ts';
import type { EndpointSlice } from '../contract/endpoint.ts';
import { readEndpointSlice } from '../parse/endpoint-slice.ts';
import { packSlice } from '../parse/packed-slice.ts';
import { readPod } from '../parse/pod.ts';
import { readService } from '../parse/service.ts';
import type { ControllerServices } from './kubernetes-controllers.ts';
import type { Filter } from './kubernetes-plan.ts';
import { ResourceWatches, type ResourceWatchesOptions, type WatchSink } from './kubernetes-watches.ts';
import type { ServiceWorkloads } from './kubernetes-workloads.ts';

/** What every watch of the collector has. */
export type CommonOptions = Pick<ResourceWatchesOptions<never>, 'client' | 'timing' | 'metrics' | 'now'>;

/**
 * The watches that verdicts rest on: what they see is the cluster's.
 * @param workloads hears of slices too; null: nobody asks
 * @param controllers hears of Services too
 */
export function clusterWatches(
  cluster: ClusterSink,
  common: CommonOptions,
  workloads: ServiceWorkloads | null,
  controllers: ControllerServices,
): readonly ResourceWatches<never>[] {
  const slices = sinkOf(cluster, 'endpointslices');
  return [
    new ResourceWatches({
      ...{ ...common, resource: 'endpointslices', read: readPacked },
      sink: workloads === null ? slices : both(slices, workloads),
      passes: ({ service }, filter) => passes(service, filter),
    }),
    new ResourceWatches({
      ...{ ...common, resource: 'services', read: readService },
      sink: controllers.beside(sinkOf(cluster, 'services')),
      passes: ({ key }, filter) => passes(key, filter),
    }),
    new ResourceWatches({
      ...{ ...common, resource: 'pods', read: readPod, sink: sinkOf(cluster, 'pods'), passes: () => true },
    }),
  ] as unknown as readonly ResourceWatches<never>[];
}

function sinkOf<R extends ClusterResource>(cluster: ClusterSink, resource: R): WatchSink<ClusterObjects[R]> {
  return {
    set: (object) => cluster.set(resource, object),
    delete: (key) => cluster.delete(resource, key),
    expect: () => cluster.expect(resource),
    current: (atMs) => cluster.current(resource, atMs),
    interrupted: () => cluster.interrupted(resource),
    forget: () => cluster.forget(resource),
  };
}

function both(sink: WatchSink<EndpointSlice>, workloads: ServiceWorkloads): WatchSink<EndpointSlice> {
  return {
    ...sink,
    set(slice, isNews) {
      workloads.set(slice);
      sink.set(slice, isNews);
    },
    delete(key) {
      workloads.delete(key);
      sink.delete(key);
    },
    forget() {
      workloads.clear();
      sink.forget();
    },
  };
}

/** @param key `namespace/name` of a Service */
function passes(key: string, { namespaces, names }: Filter): boolean {
  const [namespace, name] = key.split('/');
  return (namespaces.length === 0 || namespaces.includes(namespace)) && (names.length === 0 || names.includes(name));
}

function readPacked(value: unknown): EndpointSlice | null {
  const slice = readEndpointSlice(value);
  return slice === null ? null : packSlice(slice);
}
