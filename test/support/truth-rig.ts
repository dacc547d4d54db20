import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENDPOINT_STATES } from '../../src/contract/endpoint.ts';
import { FakeApiServer, type FakeApiServerOptions } from '../kubernetes/api-server.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { Badgateway, labelOf, type Samples } from './badgateway.ts';
import { type Moment, Timeline } from './truth-timeline.ts';

export interface TruthRigOptions {
  readonly objects: readonly KubernetesObject[];
  /** Of the collectors that read the proxies. */
  readonly collectors: object;
  readonly upstreams?: object;
  readonly kubernetes?: object;
  /** Program to run, else the sources. */
  readonly main?: string;
  readonly byGateway?: boolean;
  readonly server?: FakeApiServerOptions;
  /** Before the program starts. */
  readonly prepare?: (api: FakeApiServer) => void;
}

/** The program with a fake API server (docs/testing-kubernetes.md) that it reaches through a kubeconfig. */
export class TruthRig {
  readonly api: FakeApiServer;
  readonly program: Badgateway;
  readonly timeline: Timeline;
  #config: object = {};

  private constructor(api: FakeApiServer, program: Badgateway, timeline: Timeline) {
    this.api = api;
    this.program = program;
    this.timeline = timeline;
  }

  static async start(options: TruthRigOptions): Promise<TruthRig> {
    const { objects, collectors, upstreams = {}, kubernetes = {}, main, byGateway = false, server = {} } = options;
    const api = await FakeApiServer.start({ bookmarkIntervalSeconds: 2, ...server });
    for (const object of objects) api.store.create(object);
    options.prepare?.(api);
    const program = await Badgateway.create(main);
    const rig = new TruthRig(api, program, new Timeline(program, { byGateway }));
    try {
      const kubeconfig = join(program.directory, 'kubeconfig');
      writeFileSync(kubeconfig, api.kubeconfig());
      const quiet = { nginx_error_log: { enabled: false }, envoy: { enabled: false } };
      rig.#config = {
        upstreams,
        collectors: { ...quiet, ...collectors, kubernetes: { kubeconfig, pods: 'off', ...kubernetes } },
      };
      await program.serve(rig.#config);
      rig.timeline.start();
      return rig;
    } catch (error) {
      await rig.stop();
      throw error;
    }
  }

  /** The program again with what it has saved. */
  async serveAgain(): Promise<void> {
    await this.program.serve(this.#config);
  }

  async stop(): Promise<void> {
    await this.timeline.stop();
    await this.program.dispose();
    await this.api.stop();
  }
}

/** `badgateway_upstream_endpoints` by upstream and state, without zeros. */
export function countsOfMetrics(samples: Samples): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const [sample, value] of samples) {
    if (!sample.startsWith('badgateway_upstream_endpoints{') || value === 0) continue;
    const upstream = labelOf(sample, 'upstream');
    counts[upstream] = { ...counts[upstream], [labelOf(sample, 'state')]: value };
  }
  return counts;
}

/** The same from the addresses that the API lists. */
export function countsOfListings({ listings }: Moment): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const [upstream, listing] of listings)
    for (const state of Object.values(listing)) {
      if (!(ENDPOINT_STATES as readonly string[]).includes(state)) continue;
      const known = counts[upstream] ?? {};
      counts[upstream] = { ...known, [state]: (known[state] ?? 0) + 1 };
    }
  return counts;
}
