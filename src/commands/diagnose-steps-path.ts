import type { Cause } from '../contract/names.ts';
import { countOf } from '../http/page-words.ts';
import { gatewayText } from '../http/upstream-words.ts';
import type { UpstreamCase } from './diagnose-case.ts';
import { type Check, conditionChecks, fail, failureChecks, pass, unknown, whyNot } from './diagnose-check.ts';

const MOST_NAMED = 5;
const LOG_OF = { nginx: 'nginx_error_log', envoy: 'envoy' } as const;

/** Step 4: the gateway has its addresses, and requests come through. */
export function isReached(of: UpstreamCase, causes: readonly Cause[]): Check[] {
  const failed = failureChecks(of, causes);
  return [
    ...addressChecks(of),
    ...probeChecks(of),
    ...failed,
    ...(failed.length > 0 ? [] : [trafficCheck(of)]),
    ...conditionChecks(
      of,
      ['listen_queue_overflow', 'syn_queue_full', 'conntrack_full', 'gateway_not_listening'],
      true,
    ),
  ];
}

function addressChecks(of: UpstreamCase): Check[] {
  const wrong = of.addresses.filter(({ state }) => state === 'stale' || state === 'foreign');
  const missing = of.count('missing');
  const named = wrong
    .slice(0, MOST_NAMED)
    .map(({ address, state, place }) => `${address} ${state}${place === '' ? '' : ` (${place})`}`);
  const compared = of.count('live', 'terminating', 'not_ready', 'port_drift');
  return [
    ...(wrong.length > 0
      ? [
          fail(
            `the gateway uses addresses that are no endpoints: ${named.join(', ')}`,
            'reload or restart the gateway, then see why its controller did not',
          ),
        ]
      : []),
    ...(missing > 0
      ? [fail(`the gateway lacks ${countOf(missing, 'ready endpoint')}`, `badgateway upstreams --state missing`)]
      : []),
    ...(wrong.length + missing === 0 && compared > 0
      ? [pass(`the gateway’s ${countOf(compared, 'address', 'addresses')} are those of the EndpointSlices`)]
      : []),
    ...(wrong.length + missing + compared === 0 && of.services.length > 0 && of.count('unknown') > 0
      ? [unknown(`whether its addresses are endpoints: the EndpointSlices are ${of.freshness}`)]
      : []),
  ];
}

function probeChecks({ insight: { probed } }: UpstreamCase): Check[] {
  if (probed === undefined) return [];
  return [...probed].map(([address, code]) =>
    code === null
      ? pass(`${address} takes a connection from here (--probe)`)
      : fail(
          `${address} takes no connection from here (--probe): ${code}`,
          'the same from the gateway: its network may be another one',
        ),
  );
}

/** Only who reads a gateway's failures can say that there are none. */
function trafficCheck(of: UpstreamCase): Check {
  const sources = of.proxies.map((proxy) => LOG_OF[proxy] ?? proxy);
  const blind = sources.filter((name) => of.collector(name)?.state !== 'ok');
  if (of.failures.size > 0)
    return unknown('its failed requests are told by another step: nothing is known of those that would get past it');
  if (sources.length > 0 && blind.length === 0) return pass('no request to it failed on the way');
  return unknown(`whether requests to it fail: ${whyNot(of, blind)}`);
}

/** Step 5. */
export function namesResolve(of: UpstreamCase, causes: readonly Cause[]): Check[] {
  const failed = failureChecks(of, causes);
  if (failed.length > 0) return failed;
  const names = of.addresses.filter(({ why }) => why === 'hostname' || why === 'variable');
  const isRead = of.proxies.every((proxy) => of.collector(LOG_OF[proxy])?.state === 'ok');
  if (of.matches.length === 0) return [unknown('the servers of the upstream are not known')];
  if (names.length === 0) return [pass('its servers are addresses: no name is resolved')];
  const which = names
    .slice(0, MOST_NAMED)
    .map(({ address }) => address || 'a variable')
    .join(', ');
  if (isRead) return [pass(`no resolution failed; names: ${which}`)];
  return [
    unknown(
      `whether ${which} resolve: ${whyNot(
        of,
        of.proxies.map((proxy) => LOG_OF[proxy]),
      )}`,
    ),
  ];
}

/** Step 6. */
export function isAllowed(of: UpstreamCase, causes: readonly Cause[]): Check[] {
  const failed = [
    ...failureChecks(of, causes),
    ...conditionChecks(of, ['certificate_expired']).filter(({ outcome }) => outcome === 'fail'),
  ];
  if (failed.length > 0) return failed;
  const isRead = of.proxies.length > 0 && of.proxies.every((proxy) => of.collector(LOG_OF[proxy])?.state === 'ok');
  if (!isRead)
    return [
      unknown(
        `whether anything refuses: ${whyNot(
          of,
          of.proxies.map((proxy) => LOG_OF[proxy]),
        )}`,
      ),
    ];
  if (of.proxies.includes('envoy'))
    return [
      ...certificateChecks(of),
      unknown(
        'nothing refused where the gateway could see it; a denial is counted by the Envoy at the destination: run badgateway there',
      ),
    ];
  return [
    pass(
      'no TLS handshake, permission or access rule refused it (a network policy shows as connect_timeout in step 4)',
    ),
  ];
}

/** The names of the certificates that Envoys show, the gateway's and those in its pods: what a policy goes by. */
function certificateChecks({ conditions }: UpstreamCase): Check[] {
  return conditions
    .filter(({ condition, isActive, evidence }) => condition === 'certificate_expired' && !isActive && evidence !== '')
    .slice(0, MOST_NAMED)
    .map(({ subject, evidence }) => pass(`certificates of ${gatewayText(subject)}: ${evidence}`));
}

/** Step 7. */
export function isControlled(of: UpstreamCase, causes: readonly Cause[]): Check[] {
  return [
    ...conditionChecks(
      of,
      [
        'control_plane_down',
        'control_plane_disconnected',
        'not_resynced',
        'token_expired',
        'config_invalid',
        'config_not_loaded',
        'replica_diverged',
        'truth_stale',
      ],
      true,
    ),
    ...failureChecks(of, causes),
  ];
}
