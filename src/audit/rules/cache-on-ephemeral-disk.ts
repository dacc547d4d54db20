import { type Mount, mountOf } from '../../parse/mount-info.ts';
import { quoted } from '../../parse/nginx-conf-problem.ts';
import { type AuditRule, unchecked } from '../rule.ts';

const CACHE_PATH = /^(proxy|fastcgi|uwsgi|scgi)_cache_path$/;

export const cacheOnEphemeralDisk: AuditRule = {
  name: 'cache_on_ephemeral_disk',
  severity: 'info',
  summary: 'The cache is in the container itself and gone with it',
  needsWhole: false,
  *check({ modules, facts: { mounts } }) {
    for (const { directives } of modules)
      for (const { name, args, file, line } of directives) {
        const [path] = args;
        if (!CACHE_PATH.test(name) || !path?.startsWith('/')) continue;
        if (!mounts.isKnown) {
          yield unchecked(mounts.why);
          return;
        }
        const mount = mountOf(mounts.value, path);
        const words = mount === null ? null : ephemeral(mount);
        if (words === null) continue;
        yield {
          place: { file, line },
          message: `${name} ${quoted(path)} is ${words}: after a restart 0 of its entries are left, and every request goes to the upstreams`,
          fix: `a persistent volume mounted at ${quoted(path).slice(1, -1)}`,
        };
      }
  },
};

/** Null: it outlives the container, as far as can be told. */
function ephemeral({ type, root }: Mount): string | null {
  if (type === 'overlay') return 'in the writable layer of the container';
  if (type === 'tmpfs') return 'in memory (tmpfs), which counts to the memory limit';
  return /\/kubernetes\.io~empty-dir\//.test(root) ? 'on an emptyDir, which ends with the pod' : null;
}
