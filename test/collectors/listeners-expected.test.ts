import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedOf, isOpen } from '../../src/collectors/listeners-expected.ts';
import type { GatewaySettings, ListenInUse } from '../../src/contract/gateway-settings.ts';

const listen = (host: string, port: number | null, parts: Partial<ListenInUse> = {}): ListenInUse => ({
  ...{ kind: port === null ? 'unix' : 'tcp', host, port, lastPort: null, backlog: null, place: `n.conf:${port}` },
  ...parts,
});
const settings = (...listens: ListenInUse[]): GatewaySettings => ({
  subject: { namespace: '', pod: '', container: '', gateway: 'edge' },
  ...{ master: null, listens, workerConnections: null },
});
const textOf = ({ sockets, skipped }: ReturnType<typeof expectedOf>) => [
  ...sockets.map(({ host, port, backlog, place }) => `${host} ${port} ${backlog} ${place}`),
  skipped,
];

test('one socket of several servers, with the backlog that one of them says', () => {
  const listens = [
    listen('0.0.0.0', 80),
    listen('0.0.0.0', 80, { backlog: 8 }),
    listen('0.0.0.0', 80),
    listen('::', 80),
  ];
  assert.deepEqual(textOf(expectedOf(settings(...listens), [])), ['0.0.0.0 80 8 n.conf:80', ':: 80 511 n.conf:80', 0]);
});

test('a range is each of its ports, up to a limit', () => {
  const three = expectedOf(settings(listen('::', 80, { lastPort: 82 })), []);
  assert.deepEqual(
    three.sockets.map(({ port }) => port),
    [80, 81, 82],
  );
  const many = expectedOf(settings(listen('0.0.0.0', 1000, { lastPort: 1999 }), listen('0.0.0.0', 80)), []);
  assert.deepEqual([many.sockets.length, many.skipped], [64, 937]);
  const last = expectedOf(settings(listen('0.0.0.0', 65_535, { lastPort: 999_999 })), []);
  assert.deepEqual(
    last.sockets.map(({ port }) => port),
    [65_535],
  );
});

test('unix sockets only: the fallback; nothing at all is not known', () => {
  const unix = listen('/run/status.sock', null);
  assert.deepEqual(textOf(expectedOf(settings(unix), [80, 443])), ['0.0.0.0 80 511 ', '0.0.0.0 443 511 ', 0]);
  assert.deepEqual(textOf(expectedOf(settings(unix, listen('0.0.0.0', 81)), [80])), ['0.0.0.0 81 511 n.conf:81', 0]);
  assert.deepEqual(textOf(expectedOf(settings(), [80])), [0]);
});

test('a configured socket is open on its own address or on all', () => {
  const isOpenOn = (host: string, ...ips: string[]) => {
    const sockets = ips.map((ip) => ({ ip, port: 80, queue: 0 }));
    return isOpen({ host, port: 80, place: '', backlog: 511 }, [{ ip: host, port: 81, queue: 0 }, ...sockets]);
  };
  assert.equal(isOpenOn('0.0.0.0', '0.0.0.0'), true);
  assert.equal(isOpenOn('0.0.0.0', '::'), true, 'ipv6only=off');
  assert.equal(isOpenOn('0.0.0.0', '127.0.0.1'), false);
  assert.equal(isOpenOn('::', '0.0.0.0'), false);
  assert.equal(isOpenOn('10.0.0.1', '0.0.0.0'), true);
  assert.equal(isOpenOn('10.0.0.1', '10.0.0.2'), false);
  assert.equal(isOpenOn('fd00::1', '::'), true);
  assert.equal(isOpenOn('edge.internal', '10.0.0.2'), true, 'only nginx knows which address the name has');
  assert.equal(isOpenOn('edge.internal'), false);
});
