import type { HostFiles } from '../sources/nginx-discovery-files.ts';

const POD_LOGS = '/var/log/pods';
const GATEWAY_PODS = ['nginx', 'ingress', 'gateway'];

/** Globs of the logs of pods whose name looks like a gateway's; none where there are no pods. */
export function podLogGlobs(host: HostFiles, notes: string[]): string[] {
  const kind = host.kindOf(POD_LOGS);
  if (kind === 'denied') notes.push(`${POD_LOGS}: not permitted; add supplementary group 0`);
  if (kind !== 'directory') return [];
  notes.push(`pods whose name has one of ${GATEWAY_PODS.join(', ')}: ${POD_LOGS}; configure files to follow others`);
  return GATEWAY_PODS.map((word) => `${host.root}${POD_LOGS}/*_*${word}*_*/*/*.log`);
}
