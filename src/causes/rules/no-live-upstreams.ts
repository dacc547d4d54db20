import { chargeStorm } from '../charged-storm.ts';
import type { CauseRule } from '../rule.ts';

/** nginx had no peer left: the failures that reached max_fails on each of them are why. */
export const noLiveUpstreams: CauseRule = {
  cause: 'no_live_upstreams',
  symptoms: new Set(['no_live_upstreams']),
  judge: chargeStorm,
};
