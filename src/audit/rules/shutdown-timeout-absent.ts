import { parseSeconds } from '../../parse/nginx-conf-units.ts';
import { mainDirective, startOf } from '../input.ts';
import type { AuditRule } from '../rule.ts';

/** What ingress-nginx sets. */
const USUAL_SECONDS = 240;

export const shutdownTimeoutAbsent: AuditRule = {
  name: 'shutdown_timeout_absent',
  severity: 'warning',
  summary: 'Workers of the old configuration may stay for ever after a reload',
  needsWhole: true,
  *check(input) {
    if (!input.hasMain) return;
    const timeout = mainDirective(input, 'worker_shutdown_timeout');
    // 0 sets no timer (ngx_set_shutdown_timer, src/core/ngx_cycle.c). What cannot be read is nginx's to refuse.
    if (timeout !== null && parseSeconds(timeout.args[0] ?? '') !== 0) return;
    const near = timeout ?? mainDirective(input, 'worker_processes') ?? startOf(input);
    yield {
      place: { file: near.file, line: near.line },
      message: `worker_shutdown_timeout is ${timeout === null ? 'not set' : '0'}: after a reload an old worker stays until its last WebSocket ends, hours or days instead of ${USUAL_SECONDS} s, and holds the memory of a whole worker`,
      fix: `worker_shutdown_timeout ${USUAL_SECONDS}s;`,
    };
  },
};
