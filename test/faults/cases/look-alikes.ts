import { once } from 'node:events';
import type { Cause, Symptom } from '../../../src/contract/names.ts';
import type { Fault, Provoked } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { NOWHERE } from './gateway.ts';
import { onePod } from './sockets.ts';
import { SHORT } from './two-pods.ts';

/** argv: address. Reads datagrams. */
const DATAGRAMS = `require('dgram').createSocket('udp4').bind(8080, process.argv[1], () => console.log('listens'));`;

/** A rule that rejects by ICMP, of which the kernel sends a few a second: the other attempts get no answer. */
const rejected = (icmp: string, cause: Cause, symptom: Symptom, what: string): Fault => ({
  ...{ name: `rejected-in-a-burst-${icmp}`, proxy: 'nginx', what, expected: { [cause]: 1 } },
  symptoms: [symptom, 'connect_timeout'],
  async stage(scene) {
    const pod = await onePod(scene, {}, SHORT);
    await scene.watch();
    pod.network.run(`iptables -A INPUT -p tcp --dport 8080 -j REJECT --reject-with icmp-${icmp}`);
    return await scene.provoke({ count: 40, together: 20 });
  },
});

/** Refused requests are answered as the configuration says. */
const limited = (
  status: number,
  { http, location, what }: { http: string; location: string; what: string },
): Fault => ({
  ...{ name: `rate-limited-${status}`, proxy: 'nginx', what, expected: { rate_limited: 1 } },
  ...{ symptoms: ['rate_limited', 'connection_limited'], upstream: NOWHERE },
  async stage(scene) {
    const pod = await scene.pod('cart-1', { does: 'late' });
    scene.service('cart', [pod.endpoint()]);
    await scene.nginxTo([`${pod.ip}:8080 max_fails=0`], { http, location });
    await scene.watch({ healthy: false });
    return await scene.provoke({ count: 20, together: 20 });
  },
});

/** The gateway sends datagrams to a pod that reads them, and a rule of the pod's network rejects them. */
async function sendDatagrams(scene: Scene): Promise<Provoked> {
  const pod = await scene.pod('cart-1', { port: null });
  await once(pod.spawn(process.execPath, '-e', DATAGRAMS, pod.ip).stdout!, 'data');
  scene.service('cart', [pod.endpoint()]);
  const streams = `stream { upstream shop_cart_80 { server ${pod.ip}:8080 max_fails=0; } server { listen 9999 udp; proxy_pass shop_cart_80; } }`;
  await scene.nginx.start({
    main: `load_module /usr/lib/nginx/modules/ngx_stream_module.so; ${streams}`,
    server: 'location = /well { return 200; }',
  });
  await scene.watch();
  pod.network.run('iptables -A INPUT -p udp --dport 8080 -j REJECT');
  // One a second: that many are told.
  const sends = 'for i in 1 2 3 4 5; do echo one > /dev/udp/127.0.0.1/9999; sleep 1.1; done';
  await scene.gateway.network.runLong(`bash -c '${sends}'`);
  return { failures: 5, lastMs: Date.now(), byProxy: null };
}

/** What looks like something else: one symptom for two things, or two for one. */
export const LOOK_ALIKE_FAULTS: readonly Fault[] = [
  rejected(
    'port-unreachable',
    'connection_refused',
    'connect_refused',
    'ICMP refuses 40 attempts, and tells 7 of them (111, 110)',
  ),
  rejected(
    'host-unreachable',
    'no_route_to_host',
    'host_unreachable',
    'ICMP says no route to 40 attempts, and tells 7 of them (113, 110)',
  ),
  {
    name: 'app-error-502',
    proxy: 'nginx',
    what: 'the application answers 502, in an access log without the time of its header',
    expected: { app_error: 1 },
    symptoms: ['other'],
    async stage(scene) {
      const pod = await onePod(scene);
      await scene.watch();
      await pod.does('badGateway');
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'app-error-502-after-truncated',
    proxy: 'nginx',
    what: 'the application closes within the body of 20 answers, then answers 502 to 20 requests',
    expected: { truncated_response: 0.5, app_error: 0.5 },
    symptoms: ['truncated_response', 'other'],
    async stage(scene) {
      const pod = await onePod(scene);
      await scene.watch();
      await pod.does('truncate');
      const truncated = await scene.provoke({ count: 20 });
      await pod.does('badGateway');
      const answered = await scene.provoke({ count: 20 });
      return { ...answered, failures: truncated.failures + answered.failures, byProxy: null };
    },
  },
  limited(502, {
    http: 'limit_req_zone all zone=all:1m rate=1r/m; limit_req_status 502;',
    location: 'limit_req zone=all;',
    what: 'limit_req refuses all requests but the first, with 502 as it is told to',
  }),
  limited(529, {
    http: 'limit_conn_zone all zone=all:1m;',
    location: 'limit_conn all 1; limit_conn_status 529;',
    what: 'limit_conn refuses all connections but the first, with 529 as it is told to',
  }),
  {
    name: 'datagrams-rejected',
    proxy: 'nginx',
    what: 'a rule rejects datagrams to a pod that reads them, of which no table of TCP knows (111)',
    expected: { connection_refused: 1 },
    symptoms: ['connect_refused'],
    stage: sendDatagrams,
  },
];
