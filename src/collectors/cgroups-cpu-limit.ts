import { parseCfsQuota, parseCpuMax } from '../parse/cgroup.ts';
import type { CgroupDirectory } from '../sources/cgroup.ts';

/**
 * Cores that a cgroup may use: the least of its own quota and those of the cgroups above it, as far as they are seen. Null: there is no
 * limit; undefined: a quota cannot be read. `CgroupPlaces.cpu` of `CgroupTree.locate` is the directory.
 * @throws NotPermittedError
 */
export function readCpuLimit(cpu: CgroupDirectory): number | null | undefined {
  let least: number | null = null;
  for (let at: CgroupDirectory | null = cpu; at !== null; at = at.parent()) {
    const cores = quotaOf(at);
    if (cores === undefined) return undefined;
    if (cores !== null && (least === null || cores < least)) least = cores;
  }
  return least;
}

/** Without the files nothing limits here: the root cgroup, and v2 where the controller is not handed down. */
function quotaOf({ version, read }: CgroupDirectory): number | null | undefined {
  if (version === 2) {
    const max = read('cpu.max');
    return max === undefined ? null : parseCpuMax(max);
  }
  const quota = read('cpu.cfs_quota_us');
  const period = read('cpu.cfs_period_us');
  return quota === undefined || period === undefined ? null : parseCfsQuota(quota, period);
}
