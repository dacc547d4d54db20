import type { WorkloadRule } from '../rule.ts';
import { counted } from '../rule.ts';
import { placeOf, servingContainers } from '../workload.ts';

/** 128 and the number of SIGTERM: the program does not handle it. */
const BY_SIGTERM = 143;

export const gracefulShutdownMissing: WorkloadRule = {
  name: 'graceful_shutdown_missing',
  severity: 'warning',
  summary: 'A container exits at once when it is told to stop, and breaks off requests in flight',
  *check(workload) {
    const { abruptExits, lifecycle } = workload;
    // Nobody has looked: what was not seen is no finding, and of a template there is nothing to see.
    if (!abruptExits.isKnown) return;
    const serving = new Set(servingContainers(workload).map(({ name }) => name));
    for (const { container, exits, failures, exitCode, lastPod, lastAtMs } of abruptExits.value) {
      if (!serving.has(container)) continue;
      const how = exitCode === null ? '' : `, exit code ${exitCode}`;
      const why = exitCode === BY_SIGTERM ? ' (SIGTERM is not handled)' : '';
      const at = new Date(lastAtMs).toISOString().slice(0, 19);
      yield {
        place: placeOf(workload),
        message: `container ${container} ended less than 1 s after the deletion of its pod ${counted(exits, 'time')} within a day, and ${counted(failures, 'request')} in flight broke off; last ${lastPod} at ${at}Z${how}${why}`,
        fix: `on SIGTERM stop accepting, end what is in flight, then exit, within terminationGracePeriodSeconds (${lifecycle.graceSeconds}); run the program itself or exec it: a shell as the first process passes no signal on`,
      };
    }
  },
};
