import { proof } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { peerOf } from '../sentences.ts';

/**
 * The application answered 502 or 504 itself. Its access line looks like nginx's own word of an attempt that failed, unless it has
 * `$upstream_header_time`; but nginx tells its error log of each of those.
 */
export const appError: CauseRule = {
  cause: 'app_error',
  symptoms: new Set(['other', 'connect_timeout', 'response_timeout']),
  judge(of, facts) {
    const { proxy, isUntold, peer } = of;
    if (proxy !== 'nginx' || isUntold !== true || peer === null || !facts.isErrorLogWhole(of)) return null;
    return proof(
      `an access line has a 5xx of ${peerOf(of)}, and the error log, which tells of each attempt that nginx fails, says nothing of it: the upstream answered so`,
    );
  },
};
