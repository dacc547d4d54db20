import { startOf } from '../input.ts';
import { type AuditRule, unchecked } from '../rule.ts';

/** DEFAULT_CONNECTIONS of src/event/ngx_event.c. */
const DEFAULT_CONNECTIONS = 512;
/** A proxied request holds one connection to the client and one to the upstream. */
const FILES_PER_CONNECTION = 2;

export const rlimitNofileLow: AuditRule = {
  name: 'rlimit_nofile_low',
  severity: 'warning',
  summary: 'A worker may open fewer files than two for each of its connections',
  needsWhole: true,
  *check(input) {
    const { settings, facts, hasMain } = input;
    if (!hasMain) return;
    const { workerRlimitNofile, workerConnections } = settings;
    const connections = workerConnections?.value ?? DEFAULT_CONNECTIONS;
    const needed = connections * FILES_PER_CONNECTION;
    const limit =
      workerRlimitNofile === null ? facts.openFiles : { isKnown: true as const, value: workerRlimitNofile.value };
    if (!limit.isKnown) {
      yield unchecked(`worker_rlimit_nofile is not set, and ${limit.why}`);
      return;
    }
    if (limit.value >= needed) return;
    const setting = workerRlimitNofile ?? workerConnections;
    const origin =
      workerRlimitNofile === null ? 'the limit of open files that workers inherit' : 'worker_rlimit_nofile';
    yield {
      place: setting === null ? startOf(input) : { file: setting.file, line: setting.line },
      message: `${origin} is ${limit.value} and worker_connections is ${connections}${workerConnections === null ? ' (the default)' : ''}: a proxied request takes two, so a worker needs ${needed}`,
      fix: `worker_rlimit_nofile ${needed};`,
    };
  },
};
