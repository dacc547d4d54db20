import assert from 'node:assert/strict';
import { gapRig } from './gap-rig.ts';

export const [A, B, C] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

/** The slices are known, the proxy uses `ips`, all ready. */
export function settled(ips: readonly string[] = [A, B], options: Parameters<typeof gapRig>[0] = {}) {
  const rig = gapRig(options);
  rig.ready(...ips);
  rig.current();
  rig.cart(...ips);
  rig.wait(1);
  assert.deepEqual(rig.found(), [], 'what is there from the start is no news');
  return rig;
}
