import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RecentLosses } from '../../src/facts/recent-losses.ts';

const CART = { service: 'shop/cart', portName: 'http' };
const lost = (ip: string, port: number | null = 80) => ({ ...CART, ip, port, isReady: false });

describe('RecentLosses', () => {
  it('remembers the last loss of an endpoint, for all its ports when the slice says so, until it is ready again', () => {
    const losses = new RecentLosses();
    losses.note(lost('10.0.0.1'), 1000);
    losses.note(lost('10.0.0.1'), 2000);
    losses.note(lost('10.0.0.2', null), 3000);
    assert.equal(losses.lostAt(CART, { ip: '10.0.0.1', port: 80 }), 2000);
    assert.equal(losses.lostAt(CART, { ip: '10.0.0.1', port: 81 }), undefined);
    assert.equal(losses.lostAt({ ...CART, portName: 'x' }, { ip: '10.0.0.1', port: 80 }), undefined);
    assert.equal(losses.lostAt(CART, { ip: '10.0.0.2', port: 81 }), 3000);
    losses.note({ ...lost('10.0.0.1'), isReady: true }, 4000);
    assert.equal(losses.lostAt(CART, { ip: '10.0.0.1', port: 80 }), undefined);
  });

  it('forgets after an hour, and the oldest when there are too many', () => {
    const losses = new RecentLosses(2);
    for (const [i, ip] of ['a', 'b', 'a', 'c'].entries()) losses.note(lost(ip), i);
    assert.equal(losses.size, 2);
    assert.equal(losses.lostAt(CART, { ip: 'b', port: 80 }), undefined);
    losses.note(lost('d'), 3_600_004);
    assert.equal(losses.size, 1);
  });
});
