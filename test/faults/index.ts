import { ANSWER_FAULTS } from './cases/answers.ts';
import { ENDPOINT_STATE_FAULTS } from './cases/endpoint-states.ts';
import { GATEWAY_FAULTS } from './cases/gateway.ts';
import { HANDSHAKE_FAULTS } from './cases/handshakes.ts';
import { KERNEL_FAULTS } from './cases/kernel.ts';
import { LOOK_ALIKE_FAULTS } from './cases/look-alikes.ts';
import { OWN_ANSWER_FAULTS } from './cases/own-answers.ts';
import { SOCKET_FAULTS } from './cases/sockets.ts';
import { STALE_FAULTS } from './cases/stale.ts';
import { STORM_FAULTS } from './cases/storms.ts';
import type { Fault } from './fault.ts';

/** All of them, in the order of docs/fault-matrix.md. */
export const FAULTS: readonly Fault[] = [
  ...STALE_FAULTS,
  ...ENDPOINT_STATE_FAULTS,
  ...STORM_FAULTS,
  ...SOCKET_FAULTS,
  ...KERNEL_FAULTS,
  ...ANSWER_FAULTS,
  ...HANDSHAKE_FAULTS,
  ...GATEWAY_FAULTS,
  ...OWN_ANSWER_FAULTS,
  ...LOOK_ALIKE_FAULTS,
];
