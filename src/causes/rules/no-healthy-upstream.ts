import { chargeStorm } from '../charged-storm.ts';
import type { CauseRule } from '../rule.ts';

/** Envoy had no healthy host left: what made its health checks fail or had hosts ejected is why. */
export const noHealthyUpstream: CauseRule = {
  cause: 'no_healthy_upstream',
  symptoms: new Set(['no_healthy_upstream']),
  judge: chargeStorm,
};
