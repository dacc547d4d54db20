import { spawnSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** What the figures depend on besides the code. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
}

function firstLine(command: string, args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) return 'not installed';
  return `${stdout}${stderr}`.split('\n', 1)[0].trim();
}

export function machine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    versions: {
      node: process.version,
      mtail: /version (\S+)/.exec(firstLine('mtail', ['--version']))?.[1] ?? 'not installed',
      mawk: /mawk (\S+ \S+)/.exec(firstLine('mawk', ['-W', 'version']))?.[1].replace(/,$/, '') ?? 'not installed',
      grep: /(\S+)$/.exec(firstLine('grep', ['--version']))?.[1] ?? 'not installed',
    },
  };
}
