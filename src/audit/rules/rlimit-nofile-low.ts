import { startOf } from '../input.ts';
import { type AuditRule, unchecked } from '../rule.ts';

/** DEFAULT_CONNECTIONS of src/event/ngx_event.c. */
const DEFAULT_CONNECTIONS = 512;
/** The connection, and a file that is sent, cached or temporary. worker_connections counts connections to upstreams as well. */
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
    const one = 'for each connection (sent, cached or temporary) a worker needs';
    const isShort = limit.value < connections;
    yield {
      place: setting === null ? startOf(input) : { file: setting.file, line: setting.line },
      message: `${origin} is ${limit.value} and worker_connections is ${connections}${workerConnections === null ? ' (the default)' : ''}: ${isShort ? 'files end first, and with one more' : 'with one more file'} ${one} ${needed}`,
      fix: `worker_rlimit_nofile ${needed};`,
      ...(isShort ? {} : { severity: 'info' }),
    };
  },
};
