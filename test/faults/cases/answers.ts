import { setTimeout as delay } from 'node:timers/promises';
import type { Cause, Symptom } from '../../../src/contract/names.ts';
import type { Deed } from '../app.ts';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { envoyWorld } from './envoy-world.ts';
import { onePod, onePodEnvoy } from './sockets.ts';

const MEBIBYTE = 1024 ** 2;
/** Node itself takes up to 60 MiB. */
const LIMIT_BYTES = 160 * MEBIBYTE;
const QUICK = 'proxy_read_timeout 1s;';

interface Answer {
  readonly name: string;
  readonly what: string;
  readonly does: Deed;
  readonly cause: Cause;
  readonly symptoms: readonly Symptom[];
}

const nginxAnswer = ({ name, what, does, cause, symptoms }: Answer): Fault => ({
  ...{ name, what, symptoms, proxy: 'nginx', expected: { [cause]: 1 } },
  async stage(scene) {
    const pod = await onePod(scene, {}, QUICK);
    await scene.watch();
    await pod.does(does);
    return withoutOwnCount(await scene.provoke({ count: 20, together: 5 }), does);
  },
});

/** nginx has sent a 200 by the time the body ends too early. */
const withoutOwnCount = <T extends object>(provoked: T, does: Deed) =>
  does === 'truncate' ? { ...provoked, byProxy: null } : provoked;

const envoyAnswer = ({ name, what, does, cause, symptoms }: Answer): Fault => ({
  ...{ name, what, symptoms, proxy: 'envoy', expected: { [cause]: 1 } },
  async stage(scene) {
    const pod = await scene.pod('cart-1');
    scene.service('cart', [pod.endpoint()]);
    await scene.envoyTo(envoyWorld([pod.ip], {}, { route: { timeout: '1s' } }));
    await scene.watch();
    await pod.does(does);
    return await scene.provoke({ count: 20, together: 5 });
  },
});

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

export const ANSWER_FAULTS: readonly Fault[] = [
  nginxAnswer({
    name: 'slow',
    what: 'the application does not answer in time (110)',
    does: 'silent',
    cause: 'response_timeout',
    symptoms: ['response_timeout'],
  }),
  nginxAnswer({
    name: 'reset',
    what: 'the application resets (104)',
    does: 'reset',
    cause: 'connection_reset',
    symptoms: ['reset'],
  }),
  nginxAnswer({
    name: 'premature-close',
    what: 'the application closes before a header',
    does: 'close',
    cause: 'premature_close',
    symptoms: ['premature_close'],
  }),
  nginxAnswer({
    name: 'truncated',
    what: 'the application closes within the body',
    does: 'truncate',
    cause: 'truncated_response',
    symptoms: ['truncated_response'],
  }),
  nginxAnswer({
    name: 'header-too-big',
    what: 'a header of 100 kB',
    does: 'bigHeader',
    cause: 'header_too_big',
    symptoms: ['header_too_big'],
  }),
  nginxAnswer({
    name: 'invalid-header',
    what: 'a header with a control character',
    does: 'invalidHeader',
    cause: 'protocol_error',
    symptoms: ['invalid_response'],
  }),
  envoyAnswer({
    name: 'slow-envoy',
    what: 'the application does not answer in time',
    does: 'silent',
    cause: 'response_timeout',
    symptoms: ['response_timeout'],
  }),
  envoyAnswer({
    name: 'premature-close-envoy',
    what: 'the application closes before a header',
    does: 'close',
    cause: 'premature_close',
    symptoms: ['premature_close'],
  }),
  envoyAnswer({
    name: 'truncated-envoy',
    what: 'the application closes within the body: Envoy counts an early close and a protocol error',
    does: 'truncate',
    cause: 'truncated_response',
    symptoms: ['truncated_response'],
  }),
  envoyAnswer({
    name: 'protocol-error-envoy',
    what: 'the application does not speak HTTP',
    does: 'garbage',
    cause: 'protocol_error',
    symptoms: ['protocol_error'],
  }),
  envoyAnswer({
    name: 'header-too-big-envoy',
    what: 'a header of 100 kB, which Envoy counts as a protocol error',
    does: 'bigHeader',
    cause: 'protocol_error',
    symptoms: ['protocol_error'],
  }),
  envoyAnswer({
    name: 'app-error-envoy',
    what: 'the application answers 500',
    does: 'error',
    cause: 'app_error',
    symptoms: ['upstream_5xx'],
  }),
  {
    name: 'oom-kill',
    proxy: 'nginx',
    what: 'the kernel kills the application for want of memory, requests in flight',
    expected: { oom_killed: 1 },
    symptoms: ['premature_close', 'reset'],
    async stage(scene) {
      const pod = await onePod(scene);
      pod.cgroup.limitMemory(LIMIT_BYTES);
      await scene.watch();
      return await killForMemory(scene, pod, 'hog');
    },
  },
  {
    name: 'oom-kill-envoy',
    proxy: 'envoy',
    what: 'the same behind Envoy',
    expected: { oom_killed: 1 },
    symptoms: ['premature_close', 'reset'],
    async stage(scene) {
      const pod = await onePodEnvoy(scene);
      pod.cgroup.limitMemory(LIMIT_BYTES);
      await scene.watch();
      return await killForMemory(scene, pod, 'hog');
    },
  },
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
