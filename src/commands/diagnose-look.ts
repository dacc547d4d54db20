import { setTimeout as delay } from 'node:timers/promises';
import { givenNames } from '../collectors/nginx-names.ts';
import { loadConfig } from '../config/load.ts';
import { pathsOf } from '../config/resolve.ts';
import type { Insight } from './diagnose-case.ts';
import { configToLook, Observer } from './diagnose-observer.ts';
import { Readback } from './diagnose-readback.ts';
import type { Looked } from './diagnose-report.ts';

/** So long it looks at most; a busy machine may take longer for the first polls. */
export const LOOK_MS = 12_000;
/** What fails all the time has failed again by then. */
const LEAST_MS = 3_000;
const STEP_MS = 250;

export interface LookOptions {
  readonly configFile: string | undefined;
  readonly sinceMs: number;
  /** Told how far it is, some times a second: seconds, and collectors that have polled twice. */
  readonly onProgress: (sentence: string) => void;
}

export interface OwnLook {
  readonly looked: Looked;
  readonly insight: Insight;
  readonly notes: readonly string[];
}

/**
 * Looks by itself: reads the logs back, and polls everything twice so that counters have moved between two readings. Reads only.
 * @throws ConfigError
 */
export async function lookHere({ configFile, sinceMs, onProgress }: LookOptions): Promise<OwnLook> {
  const environment = process.env;
  const { enabled, ...config } = loadConfig({ file: configFile, flags: {}, environment }).config.collectors
    .nginx_error_log;
  const loaded = configToLook(configFile, environment);
  const observer = new Observer(loaded);
  onProgress('looking for gateways');
  const startedMs = performance.now();
  // A source that does not answer must not keep the others waiting.
  await Promise.race([observer.start(), delay(LOOK_MS, undefined, { ref: false })]);
  const paths = pathsOf(loaded.config);
  const options = { paths, config: { ...config, enabled }, clock: { now: () => Date.now() } };
  const search = { names: givenNames(loaded.config.collectors, paths, environment)?.ofMasters() };
  const readback = enabled ? new Readback({ ...options, search, sinceMs, sink: observer.sink }) : null;
  try {
    onProgress('reading the logs back');
    await readback?.start();
    const readMs = performance.now();
    for (;;) {
      const { done, all } = observer.progress();
      const elapsedMs = performance.now() - startedMs;
      if (elapsedMs >= LOOK_MS) break;
      if (done === all && observer.pending === 0 && performance.now() - readMs >= LEAST_MS) break;
      onProgress(
        `${Math.round(elapsedMs / 1000)} of at most ${LOOK_MS / 1000} s, ${done} of ${all} sources read twice`,
      );
      await delay(STEP_MS);
      readback?.follow();
    }
    const looked = observer.looked(readback?.status() ?? null, sinceMs);
    return { looked, insight: observer.insight(looked), notes: readback?.notes ?? [] };
  } finally {
    readback?.stop();
    await observer.stop();
  }
}
