import { chargeStorm } from '../charged-storm.ts';
import { chargeFailedChecks } from '../failed-checks.ts';
import type { CauseRule } from '../rule.ts';

/** Envoy had no healthy host left: the requests that had hosts ejected are why, or what is known of those that fail its health checks. */
export const noHealthyUpstream: CauseRule = {
  cause: 'no_healthy_upstream',
  symptoms: new Set(['no_healthy_upstream']),
  judge: (of, facts) => chargeStorm(of, facts) ?? chargeFailedChecks(of, facts),
};
