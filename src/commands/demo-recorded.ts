import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { STATUS_PATH, startReplayedAnswers } from './demo-answers.ts';
import { findRecording, readRecording } from './demo-recording.ts';
import { ERROR_LOG, Replay } from './demo-replay.ts';
import { formatMoment, type Scene, type SceneOptions } from './demo-scene.ts';

const INTERVAL_MS = 1000;
const SHORTEST_INTERVAL_MS = 200;
/** The recording has nothing of theirs, or they would look at the machine that the demo runs on. */
const OTHERS = [
  'audit',
  'cgroups',
  'controller_log',
  'envoy_access_log',
  'expiry',
  'ingress_nginx',
  'kubernetes',
  'nginx_access_log',
  'nginx_plus',
  'nginx_workers',
  'upstream_sockets',
] as const satisfies (keyof Config['collectors'])[];
/** As `nginx -T` and `kubectl get endpointslices,services` write them. */
const [NGINX_DUMP, ENDPOINTS] = ['nginx-T.txt', 'endpoints.json'];

/** The embedded incident: nginx `edge`, Envoy `mesh` and the kernel of the machine that they ran on. */
export async function prepareRecorded({ directory, speed, say }: SceneOptions): Promise<Scene> {
  const recording = readRecording(findRecording());
  const answers = await startReplayedAnswers();
  let replay: Replay;
  try {
    replay = new Replay(recording, {
      directory,
      speed,
      onAnswer: (request, bytes) => answers.answer(request, bytes),
      onStage: (atMs, done) => say(`  ${formatMoment(atMs)}  ${done}`),
      onEnd: () => say('\nThe recording has ended; the last state stays. Ctrl-C ends the demo.'),
    });
  } catch (error) {
    // It would keep the process.
    await answers.close();
    throw error;
  }
  const often = { interval: `${Math.max(SHORTEST_INTERVAL_MS, Math.round(INTERVAL_MS / speed))}ms` };
  return {
    config: {
      paths: { proc: join(directory, 'proc'), root: join(directory, 'root') },
      collectors: {
        nginx_error_log: { files: [{ path: join(directory, ERROR_LOG), gateway: 'edge' }], start_at: 'beginning' },
        ...Object.fromEntries(OTHERS.map((name) => [name, { enabled: false }])),
        nginx_config: { ...often, files: [{ path: join(directory, NGINX_DUMP), kind: 'dump', gateway: 'edge' }] },
        envoy: { ...often, discover: false, histograms: false, targets: [{ url: answers.url, gateway: 'mesh' }] },
        nginx_status: { ...often, targets: [{ url: `${answers.url}${STATUS_PATH}`, gateway: 'edge' }] },
        endpoints_file: { ...often, path: join(directory, ENDPOINTS) },
        netstat: often,
        conntrack: often,
        sockstat: often,
        listeners: often,
      },
    },
    introduction: [
      `An incident of ${Math.round(recording.durationMs / 1000)} s, recorded from ${recording.programs.join(', ')},`,
      'replayed through what `badgateway serve` runs. The recording is raw bytes: every cause you see is found now.',
      'What an API server would have said of the pods is written by hand, for there was none (docs/demo.md).',
    ],
    start(failed) {
      say('What was done to the shop while recording:');
      replay.start(failed);
    },
    async stop() {
      replay.stop();
      await answers.close();
    },
  };
}
