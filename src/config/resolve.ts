import type { Paths } from '../contract/unit.ts';
import type { Config } from './schema.ts';

const DEFAULT_DIRECTORY = '/var/lib/badgateway';

/** Where the checkpoint lives: configured, else systemd's STATE_DIRECTORY, else the usual place. */
export function checkpointDirectory(
  { checkpoint }: Config,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return checkpoint.directory || environment.STATE_DIRECTORY || DEFAULT_DIRECTORY;
}

/** The agent sees the node through /host/proc. */
export function pathsOf({ paths, role }: Config): Paths {
  return { proc: paths.proc || (role === 'agent' ? '/host/proc' : '/proc'), root: paths.root };
}

/** Settings that differ and that a reload does not change. */
export function needsRestart(before: Config, after: Config): string[] {
  return (['listen', 'web', 'log', 'checkpoint', 'upstreams', 'traffic', 'series_limit'] as const).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
}
