/**
 * What a line of a gateway controller's log says; closed set of `badgateway_controller_log_events_total{event}`.
 * `token_rejected`: an agent's token was not accepted; `update_failed`: a configuration did not reach the gateway, or was rolled back;
 * `agent_unreachable`: the stream to an agent broke; `updated`: a configuration reached it.
 */
export const CONTROLLER_EVENTS = ['token_rejected', 'update_failed', 'agent_unreachable', 'updated'] as const;
export type ControllerEvent = (typeof CONTROLLER_EVENTS)[number];

/**
 * In the words of NGINX Gateway Fabric 1.x and 2.x. Until 2.6 a refused token comes with its reason (`invalid authorization: [invalid
 * bearer token, service account token has expired]`), later without. The first that stands in the line counts.
 */
const WORDS: readonly (readonly [text: string, event: ControllerEvent])[] = [
  ['invalid authorization', 'token_rejected'],
  ['service account token has expired', 'token_rejected'],
  ['Failed to update NGINX configuration', 'update_failed'],
  ['Config apply failed', 'update_failed'],
  ['error setting initial configuration', 'update_failed'],
  ['error sending request to agent', 'agent_unreachable'],
  ['Failed to receive message from subscribe stream', 'agent_unreachable'],
  ['NGINX configuration was successfully updated', 'updated'],
  ['Successfully configured nginx for new subscription', 'updated'],
];

/** Null: nothing that is counted. */
export function controllerEvent(line: string): ControllerEvent | null {
  return WORDS.find(([text]) => line.includes(text))?.[1] ?? null;
}
