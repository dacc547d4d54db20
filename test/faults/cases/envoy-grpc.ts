import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { ask } from '../traffic.ts';
import { attempts, front, HTTP2, harmless, LISTEN } from './envoy-front.ts';

const COUNT = 20;
/** Envoy answers such requests with 200 and says in `grpc-status` what became of them. */
const REQUESTS = { count: COUNT, headers: { 'content-type': 'application/grpc', te: 'trailers' } };
/** An answer without a body: its only headers say 14, unavailable. */
const UNAVAILABLE = `const server = require('http2').createServer();
  server.on('stream', (stream) => stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '14' }, { endStream: true }));
  server${LISTEN};`;

type Told = Pick<Fault, 'name' | 'what' | 'expected' | 'symptoms'>;

const called = (told: Told, setup: Parameters<typeof attempts>[1], together = 1) =>
  attempts(told, setup, { ...REQUESTS, together }, COUNT);

/** Calls of gRPC that fail: no client is answered 5xx. */
export const ENVOY_GRPC_FAULTS: readonly Fault[] = [
  called(
    {
      ...{ name: 'grpc-closed-envoy', what: 'calls of gRPC, the application closes before it answers' },
      ...{ expected: { premature_close: 1 }, symptoms: ['premature_close'] },
    },
    { app: { does: 'close' } },
  ),
  called(
    {
      ...{ name: 'grpc-timeout-envoy', what: 'calls of gRPC, the application does not answer' },
      ...{ expected: { response_timeout: 1 }, symptoms: ['response_timeout'] },
    },
    { app: { does: 'silent' }, world: { route: { timeout: '0.5s' } } },
    10,
  ),
  called(
    {
      ...{ name: 'grpc-no-host-envoy', what: 'calls of gRPC, no host is in the subset of the route' },
      ...{ expected: { no_healthy_upstream: 1 }, symptoms: ['no_healthy_upstream'] },
    },
    {
      cluster: { lb_subset_config: { fallback_policy: 'NO_FALLBACK', subset_selectors: [{ keys: ['version'] }] } },
      world: { route: { metadata_match: { filter_metadata: { 'envoy.lb': { version: 'v2' } } } } },
    },
  ),
  {
    ...{ name: 'grpc-not-listening-envoy', what: 'calls of gRPC, the application listens no more', proxy: 'envoy' },
    ...{ expected: { not_listening: 1 }, symptoms: ['connect_refused'] },
    async stage(scene) {
      const pod = await front(scene, {});
      await scene.watch();
      await pod.closeListener();
      await delay(300);
      const { lastMs } = await ask(scene.front, REQUESTS);
      return { failures: COUNT, lastMs, byProxy: null };
    },
  },
  harmless(
    {
      ...{ name: 'grpc-status-envoy', symptoms: [] },
      what: 'the application answers calls of gRPC with a status of its own (14), which is no 5xx: no failure',
    },
    { script: UNAVAILABLE, cluster: HTTP2 },
    async (scene) => await ask(scene.front, REQUESTS),
  ),
];
