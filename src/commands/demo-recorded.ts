import { join } from 'node:path';
import { startReplayedEnvoy } from './demo-envoy.ts';
import { findRecording, readRecording } from './demo-recording.ts';
import { ERROR_LOG, Replay } from './demo-replay.ts';
import { formatMoment, type Scene, type SceneOptions } from './demo-scene.ts';

/** The embedded incident: nginx `edge`, Envoy `mesh` and the kernel of the machine that they ran on. */
export async function prepareRecorded({ directory, speed, say }: SceneOptions): Promise<Scene> {
  const recording = readRecording(findRecording());
  const envoy = await startReplayedEnvoy();
  const replay = new Replay(recording, {
    directory,
    speed,
    onEnvoy: (request, bytes) => envoy.answer(request, bytes),
    onStage: (atMs, done) => say(`  ${formatMoment(atMs)}  ${done}`),
    onEnd: () => say('\nThe recording has ended; the last state stays. Ctrl-C ends the demo.'),
  });
  const often = { interval: '1s' };
  return {
    config: {
      paths: { proc: join(directory, 'proc') },
      collectors: {
        nginx_error_log: { files: [{ path: join(directory, ERROR_LOG), gateway: 'edge' }], start_at: 'beginning' },
        nginx_status: { enabled: false },
        envoy: { ...often, discover: false, targets: [{ url: envoy.url, gateway: 'mesh' }] },
        netstat: often,
        conntrack: often,
        sockstat: often,
      },
    },
    introduction: [
      `An incident of ${Math.round(recording.durationMs / 1000)} s, recorded from ${recording.programs.join(', ')},`,
      'replayed through what `badgateway serve` runs. The recording is raw bytes: every cause you see is found now.',
    ],
    start() {
      say('What was done to the shop while recording:');
      replay.start();
    },
    async stop() {
      replay.stop();
      await envoy.close();
    },
  };
}
