import { once } from 'node:events';
import { type ClientHttp2Stream, connect } from 'node:http2';
import { connect as connectTo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { front } from './envoy-front.ts';
import { INJECTED, injected, press } from './envoy-overload.ts';
import { NOWHERE } from './gateway.ts';

const COUNT = 8;
/** Of the answer (`large`). */
const WHOLE_BYTES = 8 * 1024 ** 2;
/** Envoy holds as much of each answer as it may by then. */
const ANSWERED_MS = 1000;
/** Envoy has looked at its memory and reset them. */
const RESET_MS = 1500;
/** Streams that hold more than 16 KiB may be reset. */
const RESETTING = injected({
  buffer_factory_config: { minimum_account_to_track_power_of_two: 14 },
  actions: [
    {
      name: 'envoy.overload_actions.reset_high_memory_stream',
      triggers: [{ name: INJECTED, scaled: { scaling_threshold: 0.5, saturation_threshold: 0.9 } }],
    },
  ],
});

/** Asks on one connection of HTTP/2 and reads nothing until `meanwhile` has had its time; how many answers were not whole. */
async function stall(path: string, meanwhile: () => void): Promise<number> {
  const session = connect('http://shop.example', { createConnection: () => connectTo(path) });
  session.on('error', () => {});
  const streams = Array.from({ length: COUNT }, () => session.request({ ':path': '/' }).on('error', () => {}));
  await delay(ANSWERED_MS);
  meanwhile();
  await delay(RESET_MS);
  // Envoy resets them with NO_ERROR.
  const sizes = await Promise.all(streams.map(readAll));
  session.destroy();
  return sizes.filter((size) => size < WHOLE_BYTES).length;
}

async function readAll(stream: ClientHttp2Stream): Promise<number> {
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
  });
  await once(stream, 'close');
  return size;
}

/** What the overload manager does to requests that are under way. */
export const ENVOY_STALLED_FAULTS: readonly Fault[] = [
  {
    name: 'overload-streams-envoy',
    proxy: 'envoy',
    what: 'clients read slowly, and the overload manager resets their streams (reset_high_memory_stream)',
    expected: { overload: 1 },
    symptoms: ['overload'],
    upstream: NOWHERE,
    async stage(scene) {
      press(scene, 0);
      const pod = await front(scene, { world: { bootstrap: RESETTING } });
      await scene.watch();
      await pod.does('large');
      const failures = await stall(scene.front, () => press(scene, 1));
      if (failures === 0) throw new Error('no stream was reset');
      return { failures, lastMs: Date.now(), byProxy: null };
    },
  },
];
