import { type IngressClass, readIngressClass } from '../parse/ingress-class.ts';
import { readProcessStat, unlessDenied } from '../sources/process-stat.ts';
import type { Procfs } from '../sources/procfs.ts';

const MAX_CMDLINE_BYTES = 1 << 16;

/** Of the controller that started the master; null: it has another parent. */
export function ingressClassOf(proc: Procfs, masterPid: number): IngressClass | null {
  const parent = readProcessStat(proc, masterPid)?.parent;
  if (parent === undefined || parent === 0) return null;
  const cmdline = unlessDenied(() => proc.readPrefix(`${parent}/cmdline`, MAX_CMDLINE_BYTES));
  return cmdline === undefined ? null : readIngressClass(cmdline);
}
