import { App } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import { createLogger } from '../logger.ts';
import { beEfficient } from '../sources/efficiency-mode.ts';
import { returnUnusedMemory } from '../sources/unused-memory.ts';
import { VERSION } from '../version.ts';
import { listenProblems } from './check-config.ts';

/** By then the first polls are over, and most of what the start compiled is not needed again. */
const STARTED_MS = 1500;
/** A heap as large as this is not of the start alone. */
const LARGEST_START_BYTES = 24 << 20;

export interface ServeInput {
  readonly file: string | undefined;
  /** Key of the configuration → text; null: none was given. */
  readonly flags: Readonly<Record<string, string | null>>;
}

/** Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again. Returns the exit code. */
export async function serve({ file, flags }: ServeInput): Promise<number> {
  beEfficient();
  const load = () => loadConfig({ file, flags, environment: process.env });
  const loaded = loadConfig({ file, flags, environment: process.env, check: listenProblems });
  const log = createLogger(loaded.config.log);
  const app = new App({ loaded, reload: load, log, version: VERSION });
  const stopped = stopSignal();
  process.on('SIGHUP', () => void app.reload());
  await app.start();
  // Once and soon: V8 would keep what only the start needed for as long as little is allocated, which may be for days.
  setTimeout(returnUnusedMemory, STARTED_MS, LARGEST_START_BYTES).unref();
  const signal = await stopped;
  log.info({ signal }, 'stopping: saving the checkpoint');
  await app.stop();
  return 0;
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
  });
}
