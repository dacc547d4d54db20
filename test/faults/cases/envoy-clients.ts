import { request } from 'node:http';
import { connect } from 'node:net';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { ask } from '../traffic.ts';
import { filter, harmless } from './envoy-front.ts';

const COUNT = 20;
const always = { numerator: 100, denominator: 'HUNDRED' };

/** Expects this status of each request. */
const answered =
  (status: number, headers: Readonly<Record<string, string>> = {}) =>
  async ({ front }: Scene) => {
    const { statuses } = await ask(front, { count: COUNT, headers });
    if (statuses.some((one) => one !== status)) throw new Error(`not ${status}: ${statuses.join(' ')}`);
  };

/** A client that leaves before the answer, or that sends no whole header. */
const client = (front: string, isWhole: boolean) =>
  new Promise<void>((resolve) => {
    const socket = connect(front, () =>
      socket.write(`GET / HTTP/1.1\r\nHost: shop.example\r\n${isWhole ? '\r\n' : ''}`),
    );
    socket.on('data', () => {}).on('error', () => {});
    socket.on('close', () => resolve());
    if (isWhole) setTimeout(() => socket.destroy(), 200);
  });
const clients = (isWhole: boolean) => (scene: Scene) =>
  Promise.all(Array.from({ length: COUNT }, () => client(scene.front, isWhole)));

const post = (socketPath: string, body: string) =>
  new Promise<void>((resolve, reject) => {
    const outgoing = request({ socketPath, agent: false, method: 'POST' }, (answer) => {
      answer.resume().on('close', () => (answer.statusCode === 413 ? resolve() : reject(new Error('not 413'))));
    });
    outgoing.on('error', reject).end(body);
  });

/** What a gateway should do, what was done on purpose, and what clients do: symptoms, none of them a failure. */
export const ENVOY_CLIENT_FAULTS: readonly Fault[] = [
  harmless(
    { name: 'client-gone-envoy', what: 'clients leave before the answer: no failure', symptoms: ['client_abort'] },
    { app: { does: 'silent' } },
    clients(true),
  ),
  harmless(
    { name: 'client-slow-envoy', what: 'clients are too slow with their header (408): no failure', symptoms: [] },
    { world: { http: { request_headers_timeout: '0.3s' } } },
    clients(false),
  ),
  harmless(
    {
      ...{ name: 'client-body-too-large-envoy', what: 'clients send more than the buffer holds (413): no failure' },
      ...{ symptoms: [], logged: { symptoms: ['body_too_large'] } },
    },
    { world: { filters: [filter('buffer', 'buffer.v3.Buffer', { max_request_bytes: 10 })] } },
    async (scene) => await post(scene.front, 'x'.repeat(1000)),
  ),
  harmless(
    {
      ...{
        name: 'client-header-too-big-envoy',
        what: 'clients send a header of 70 kB (431): no failure',
        symptoms: [],
      },
      ...{ logged: { symptoms: ['client_bad_request'] }, loggedBriefly: { symptoms: ['client_bad_request'] } },
    },
    {},
    answered(431, { big: 'x'.repeat(70_000) }),
  ),
  harmless(
    { name: 'policy-denies-envoy', what: 'an RBAC filter denies (403): no failure', symptoms: ['rbac_denied'] },
    { world: { filters: [filter('rbac', 'rbac.v3.RBAC', { rules: { action: 'ALLOW', policies: {} } })] } },
    answered(403),
  ),
  harmless(
    {
      name: 'fault-injected-envoy',
      what: 'a fault filter aborts (503) on purpose: no failure',
      symptoms: ['fault_injected'],
    },
    {
      world: { filters: [filter('fault', 'fault.v3.HTTPFault', { abort: { http_status: 503, percentage: always } })] },
    },
    answered(503),
  ),
  harmless(
    { name: 'upgrade-refused-envoy', what: 'an upgrade that no route allows (403): no failure', symptoms: [] },
    {},
    answered(403, { connection: 'upgrade', upgrade: 'websocket' }),
  ),
];
