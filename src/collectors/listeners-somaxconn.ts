import { unlessDenied } from '../sources/process-stat.ts';
import type { Procfs } from '../sources/procfs.ts';

export interface Somaxconn {
  readonly value: number;
  /** It is the kernel's default: what the network really has cannot be read from outside. */
  readonly isAssumed: boolean;
}

/** SOMAXCONN of a new network namespace since Linux 5.4 (include/linux/socket.h), and before. */
const DEFAULT = 4096;
const OLD_DEFAULT = 128;

/** The longest accept queue that a network allows. `sys/net` shows the reader's network, also of a mounted /host/proc. */
export function readSomaxconn(proc: Procfs, isOwnNetwork: boolean): Somaxconn {
  const own = isOwnNetwork ? unlessDenied(() => proc.read('sys/net/core/somaxconn'))?.trim() : undefined;
  if (own !== undefined && /^\d{1,10}$/.test(own)) return { value: Number(own), isAssumed: false };
  const release = unlessDenied(() => proc.read('sys/kernel/osrelease')) ?? '';
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release)?.map(Number) ?? [0, 5, 4];
  return { value: major > 5 || (major === 5 && minor >= 4) ? DEFAULT : OLD_DEFAULT, isAssumed: true };
}
