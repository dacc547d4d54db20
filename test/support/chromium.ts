import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const CHROMIUM_FLAGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
];

/** Runs chromium once with a new profile; returns what it printed. */
export async function chromium(url: string, ...flags: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const profile = mkdtempSync(join(tmpdir(), 'badgateway-chromium-'));
  try {
    const all = [...CHROMIUM_FLAGS, `--user-data-dir=${profile}`, ...flags, url];
    return await run('chromium', all, { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 });
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
