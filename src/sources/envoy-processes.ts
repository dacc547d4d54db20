import { readdirSync } from 'node:fs';
import { unlessDenied } from './process-stat.ts';
import { openProcfs } from './procfs.ts';

const MOST_ENVOYS = 64;

/**
 * Pids of the processes that are called `envoy`, in no order. Any process may call itself so.
 * @param candidates where to look, as of `findGatewayPids`; without it every process is read, which takes 20 to 65 ms for 2,000
 */
export function findEnvoys(procRoot: string, notes: string[], candidates?: readonly number[]): number[] {
  const proc = openProcfs(procRoot);
  const pids: number[] = [];
  for (const pid of candidates?.map(String) ?? listPids(procRoot)) {
    if (unlessDenied(() => proc.readPrefix(`${pid}/comm`, 16))?.trim() !== 'envoy') continue;
    if (pids.length === MOST_ENVOYS) {
      notes.push(`more than ${MOST_ENVOYS} Envoys: the rest is not looked at`);
      break;
    }
    pids.push(Number(pid));
  }
  return pids;
}

function listPids(procRoot: string): string[] {
  try {
    return readdirSync(procRoot).filter((name) => /^[1-9]\d*$/.test(name));
  } catch {
    return [];
  }
}
