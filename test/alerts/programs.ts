import { spawnSync } from 'node:child_process';

/** For promtool: a quarter of its time went into collecting garbage. */
export const FRUGAL = { ...process.env, GOGC: '400' };

/**
 * The reason to skip a test that needs a program, or false. With CI=true nothing is skipped: the test fails by itself
 * when it cannot start the program.
 */
export function missingProgram(...programs: string[]): string | false {
  if (process.env.CI === 'true') return false;
  const missing = programs.filter((program) => spawnSync(program, ['--version']).error !== undefined);
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : false;
}
