/**
 * Runs the real program beside a real nginx and a real Envoy while faults are staged (test/faults), and writes down what its /metrics answered
 * every three seconds: test/dashboards/recorded/. Takes two minutes; needs root, nginx and Envoy. By hand, when metrics have changed:
 *
 *   node test/dashboards/record.ts [nginx|envoy]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Scene } from '../faults/scene.ts';
import { type Recorded, stageEnvoy } from './record-envoy.ts';
import { stageNginx } from './record-nginx.ts';
import { RECORDINGS, type Scrape, writeRecording } from './recording.ts';

const EVERY_MS = 3000;
const STORIES = { nginx: stageNginx, envoy: stageEnvoy } as const satisfies Record<string, Recorded>;

const scenes = new Set<Scene>();

async function record(name: keyof typeof STORIES): Promise<void> {
  const scene = await Scene.create();
  scenes.add(scene);
  const scrapes: Scrape[] = [];
  try {
    const story = STORIES[name](scene);
    await story.begin();
    const ended = new AbortController();
    const scraping = (async () => {
      while (!ended.signal.aborted) {
        const { body } = await scene.program.get('/metrics');
        scrapes.push({ atMs: Date.now(), body });
        await delay(EVERY_MS, null, { signal: ended.signal }).catch(() => {});
      }
    })();
    await story.goOn((what) => console.log(`${name}: ${what}`));
    await delay(2 * EVERY_MS);
    ended.abort();
    await scraping;
  } finally {
    scenes.delete(scene);
    for (const left of await scene.cleanup.run()) console.log(`${name}: left behind: ${left}`);
  }
  console.log(`${name}: ${scrapes.length} scrapes, ${writeRecording(name, scrapes)} bytes`);
}

/** Nothing is left behind when somebody has had enough. */
const stop = async () => {
  for (const scene of scenes) await scene.cleanup.run();
  process.exit(130);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());

const names = process.argv.length > 2 ? process.argv.slice(2) : RECORDINGS;
for (const name of names) await record(name as keyof typeof STORIES);
