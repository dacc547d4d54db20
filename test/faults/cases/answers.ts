import { setTimeout as delay } from 'node:timers/promises';
import type { Cause, Symptom } from '../../../src/contract/names.ts';
import type { Deed } from '../app.ts';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { envoyWorld } from './envoy-world.ts';
import { onePod } from './sockets.ts';
import { onePodBehind, twins } from './twins.ts';

const MEBIBYTE = 1024 ** 2;
/** Node itself takes up to 60 MiB. */
const LIMIT_BYTES = 160 * MEBIBYTE;
const QUICK = 'proxy_read_timeout 1s;';

/** What the application does, and what is made of it. */
type Answer = readonly [name: string, does: Deed, cause: Cause, symptom: Symptom, what: string];

const BEHIND_NGINX: readonly Answer[] = [
  ['slow', 'silent', 'response_timeout', 'response_timeout', 'the application does not answer in time (110)'],
  ['reset', 'reset', 'connection_reset', 'reset', 'the application resets (104)'],
  ['premature-close', 'close', 'premature_close', 'premature_close', 'the application closes before a header'],
  ['truncated', 'truncate', 'truncated_response', 'truncated_response', 'the application closes within the body'],
  ['header-too-big', 'bigHeader', 'header_too_big', 'header_too_big', 'a header of 100 kB'],
  ['invalid-header', 'invalidHeader', 'protocol_error', 'invalid_response', 'a header with a control character'],
];

const CUT = 'the application closes within the body: Envoy counts an early close and a protocol error';
const TOO_BIG = 'a header of 100 kB, which Envoy counts as a protocol error';
const NOT_NOW = 'the application answers 503, as Envoy does itself when it gets no answer';
const BEHIND_ENVOY: readonly Answer[] = [
  ['slow-envoy', 'silent', 'response_timeout', 'response_timeout', 'the application does not answer in time'],
  ['premature-close-envoy', 'close', 'premature_close', 'premature_close', 'the application closes before a header'],
  ['truncated-envoy', 'truncate', 'truncated_response', 'truncated_response', CUT],
  ['protocol-error-envoy', 'garbage', 'protocol_error', 'protocol_error', 'the application does not speak HTTP'],
  ['header-too-big-envoy', 'bigHeader', 'protocol_error', 'protocol_error', TOO_BIG],
  ['app-error-envoy', 'error', 'app_error', 'upstream_5xx', 'the application answers 500'],
  ['app-error-503-envoy', 'unavailable', 'app_error', 'upstream_5xx', NOT_NOW],
];

const answers = (
  table: readonly Answer[],
  proxy: Fault['proxy'],
  front: (scene: Scene) => ReturnType<typeof onePod>,
): Fault[] =>
  table.map(([name, does, cause, symptom, what]) => ({
    ...{ name, what, proxy, symptoms: [symptom], expected: { [cause]: 1 } },
    async stage(scene) {
      const pod = await front(scene);
      await scene.watch();
      await pod.does(does);
      const provoked = await scene.provoke({ count: 20, together: 5 });
      // nginx has sent a 200 by the time the body ends too early.
      return does === 'truncate' ? { ...provoked, byProxy: null } : provoked;
    },
  }));

/** The kernel kills the application for want of memory while it works on requests; kubelet says so a second later. */
async function killForMemory(scene: Scene, pod: Awaited<ReturnType<typeof onePod>>, does: Deed) {
  await pod.does('silent');
  const asked = scene.provoke({ count: 10, together: 10 });
  await delay(300);
  await pod.does(does);
  const last = scene.provoke({ count: 1 });
  await pod.ended();
  const finishedAt = new Date().toISOString();
  await delay(1000);
  scene.changePod(pod, (draft) => {
    const terminated = { reason: 'OOMKilled', exitCode: 137, finishedAt };
    Object.assign(draft.status.containerStatuses![0], { restartCount: 1, ready: false, lastState: { terminated } });
  });
  const [one, other] = await Promise.all([asked, last]);
  return { failures: one.failures + other.failures, lastMs: Math.max(one.lastMs, other.lastMs), byProxy: null };
}

const behindEnvoy = async (scene: Scene) => {
  const pod = await scene.pod('cart-1');
  scene.service('cart', [pod.endpoint()]);
  await scene.envoyTo(envoyWorld([pod.ip], {}, { route: { timeout: '1s' } }));
  return pod;
};

export const ANSWER_FAULTS: readonly Fault[] = [
  ...answers(BEHIND_NGINX, 'nginx', (scene) => onePod(scene, {}, QUICK)),
  ...answers(BEHIND_ENVOY, 'envoy', behindEnvoy),
  ...twins(
    {
      name: 'oom-kill',
      what: 'the kernel kills the application for want of memory, requests in flight',
      expected: { oom_killed: 1 },
      symptoms: ['premature_close', 'reset'],
    },
    {},
    async (scene, front) => {
      const pod = await onePodBehind(front, scene);
      pod.cgroup.limitMemory(LIMIT_BYTES);
      await scene.watch();
      return await killForMemory(scene, pod, 'hog');
    },
  ),
  {
    name: 'killed-in-flight',
    proxy: 'nginx',
    what: 'somebody kills the application (-9), requests in flight; its pod stays ready',
    expected: { premature_close: 1 },
    symptoms: ['premature_close'],
    async stage(scene) {
      const pod = await onePod(scene);
      await scene.watch();
      await pod.does('silent');
      const asked = scene.provoke({ count: 20, together: 20 });
      await delay(500);
      await pod.end('SIGKILL');
      return await asked;
    },
  },
];
