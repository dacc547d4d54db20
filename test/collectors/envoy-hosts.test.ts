import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countMembers, grow, HostTable } from '../../src/collectors/envoy-hosts.ts';
import { HOST_FLAGS, type HostStatus } from '../../src/parse/envoy-hosts.ts';

function status(port: number, counters: Partial<HostStatus['counters']> = {}, flags = 0): HostStatus {
  const zeros = {
    cx_connect_fail: 0,
    cx_total: 0,
    rq_error: 0,
    rq_success: 0,
    rq_timeout: 0,
    rq_total: 0,
    cx_active: 0,
    rq_active: 0,
  };
  return {
    scheme: 'tcp',
    address: '10.0.0.1',
    port,
    hostname: '',
    weight: 1,
    priority: 0,
    flags,
    counters: { ...zeros, ...counters },
  };
}

function ports(table: HostTable): string {
  const { hosts, vanished } = table.measure();
  return `${hosts.map(({ port, connectFails }) => `${port}+${connectFails}`).join(' ')} | ${vanished.map(({ port }) => port).join(' ')}`;
}

describe('grow', () => {
  it('counts from 0 after a reset', () => assert.deepEqual([grow(5, 3), grow(5, 5), grow(2, 5)], [2, 0, 2]));
});

describe('countMembers', () => {
  it('sorts hosts by their flags', () => {
    const { failedActiveHealthCheck, edsDegraded, pendingActiveHealthCheck, pendingDynamicRemoval } = HOST_FLAGS;
    const flags = [0, failedActiveHealthCheck, edsDegraded, pendingActiveHealthCheck, pendingDynamicRemoval];
    const members = countMembers(flags.map((bits, index) => status(index, {}, bits)));
    assert.deepEqual(members, { total: 5, healthy: 2, degraded: 1, excluded: 1 });
  });
});

describe('HostTable', () => {
  it('remembers a host that left with attempts under way until they are over', () => {
    const table = new HostTable();
    table.read([status(1), status(2)], 1);
    const left = [4, 3, 3, 3, 3, 1, 0].map((active, at) => {
      table.read([status(2, { rq_active: 1 })], 2 + at);
      return table.measure(active).vanished.length;
    });
    assert.deepEqual(left, [1, 1, 1, 1, 1, 1, 0]);
    const endless = new HostTable();
    endless.read([status(1), status(2)], 1);
    const kept = Array.from({ length: 14 }, (_, at) => {
      endless.read([status(2)], 2 + at);
      return endless.measure(5).vanished.length;
    });
    assert.deepEqual(kept.lastIndexOf(1), 11, 'nobody waits for the end of a stream');
  });

  it('says of a host that fails whether it has ever answered', () => {
    const table = new HostTable();
    table.read([status(1, { rq_success: 5, cx_connect_fail: 1 }), status(2, { cx_connect_fail: 1 })], 1);
    assert.deepEqual(
      table.measure().hosts.map(({ hasAnswered }) => hasAnswered),
      [true, undefined],
    );
  });

  it('measures growth over reordering, and counts a repeated address together', () => {
    const table = new HostTable();
    table.read([status(1, { cx_connect_fail: 3 }), status(2)], 1);
    table.settle();
    table.read(
      [status(2, { cx_connect_fail: 1 }), status(1, { cx_connect_fail: 4 }), status(2, { cx_connect_fail: 2 })],
      2,
    );
    assert.equal(ports(table), '2+3 1+1 | ');
  });

  it('remembers a host for two polls after it left', () => {
    const table = new HostTable();
    table.read([status(1, { cx_connect_fail: 3 }), status(2)], 1);
    table.settle();
    for (const [poll, seen] of [
      [2, ' | 1'],
      [3, ' | 1'],
      [4, ' | '],
    ] as const) {
      table.read([status(2)], poll);
      assert.equal(ports(table), seen, `poll ${poll}`);
      table.settle();
    }
    assert.equal(table.size, 1);
  });

  it('counts a host that returned from 0, and all hosts after zero()', () => {
    const table = new HostTable();
    table.read([status(1, { cx_connect_fail: 9 })], 1);
    table.settle();
    table.read([], 2);
    table.read([status(1, { cx_connect_fail: 2 })], 3);
    assert.equal(ports(table), '1+2 | ');
    table.read([status(1, { cx_connect_fail: 12 })], 4);
    table.zero();
    assert.equal(ports(table), '1+12 | ');
  });

  it('is itself the list of servers in use: another list exactly when somebody comes, goes or begins to drain', () => {
    const table = new HostTable();
    table.read([status(1), status(2, {}, HOST_FLAGS.edsDraining)], 1);
    const first = table.inUse;
    assert.deepEqual(
      first.map(({ kind, host, port, isDraining }) => [kind, host, port, isDraining]),
      [
        ['ip', '10.0.0.1', 1, false],
        ['ip', '10.0.0.1', 2, true],
      ],
    );
    table.read([status(1, { cx_connect_fail: 1 }), status(2, {}, HOST_FLAGS.edsDraining)], 2);
    assert.equal(table.inUse, first);
    table.read([status(1, {}, HOST_FLAGS.pendingDynamicRemoval), status(2, {}, HOST_FLAGS.edsDraining)], 3);
    assert.notEqual(table.inUse, first);
    assert.equal(table.inUse[0].isDraining, true);
    table.read([status(2)], 4);
    assert.deepEqual(
      table.inUse.map(({ port, isDraining }) => [port, isDraining]),
      [[2, false]],
      'one that left is remembered, but not in use',
    );
  });

  it('says of which hosts the health checks of Envoy fail; in health and out of it the list stays the same', () => {
    const { failedActiveHealthCheck, activeHealthCheckTimeout, failedOutlierCheck, edsUnhealthy } = HOST_FLAGS;
    const table = new HostTable();
    const failing = () => table.inUse.map(({ failsChecks }) => failsChecks);
    table.read([status(1), status(2), status(3), status(4)], 1);
    const { inUse } = table;
    assert.deepEqual(failing(), [false, false, false, false]);
    const flags = [failedActiveHealthCheck, activeHealthCheckTimeout, failedOutlierCheck, edsUnhealthy];
    table.read(
      flags.map((bits, at) => status(at + 1, {}, bits)),
      2,
    );
    assert.deepEqual(failing(), [true, true, false, false]);
    assert.equal(table.inUse, inUse);
  });

  it('tells addresses, names, sockets and internal listeners apart', () => {
    const table = new HostTable();
    const of = (scheme: HostStatus['scheme'], address: string) => ({ ...status(1), scheme, address });
    const hosts = [of('tcp', 'FD00:0::1'), of('tcp', 'cart.shop'), of('unix', '/run/s'), of('internal', 'x')];
    table.read(hosts, 1);
    assert.deepEqual(
      table.inUse.map(({ kind, host }) => `${kind} ${host}`),
      ['ip fd00::1', 'hostname cart.shop', 'unix /run/s', 'placeholder x'],
    );
  });

  it('keeps nothing of a value that cannot be held', () => {
    const table = new HostTable();
    table.read([status(1, { cx_connect_fail: Number.NaN })], 1);
    assert.equal(ports(table), ' | ');
  });
});
