import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CheckpointRelay } from '../src/checkpoint-relay.ts';
import type { Persistent } from '../src/contract/unit.ts';

const part = (start: unknown): Persistent & { value: unknown } => ({
  value: start,
  save() {
    return this.value;
  },
  restore(saved) {
    this.value = saved;
  },
});

describe('CheckpointRelay', () => {
  it('registers a name once and always saves the newest part', () => {
    const registered = new Map<string, Persistent>();
    const relay = new CheckpointRelay({
      register(name, one) {
        assert.ok(!registered.has(name));
        registered.set(name, one);
      },
    });
    const first = part({ offset: 7 });
    relay.register('tail', first);
    const second = part(null);
    relay.register('tail', second);
    assert.deepEqual(second.value, { offset: 7 }, 'the successor goes on where the predecessor stopped');
    second.value = { offset: 9 };
    assert.deepEqual(registered.get('tail')?.save(), { offset: 9 });
    registered.get('tail')?.restore({ offset: 11 });
    assert.deepEqual(second.value, { offset: 11 });
  });

  it('holds, prepares and lets go the newest part', () => {
    const registered: Persistent[] = [];
    const relay = new CheckpointRelay({ register: (_, one) => void registered.push(one) });
    const told: string[] = [];
    const telling = (name: string): Persistent => ({
      ...{ save: () => null, restore: () => {}, hold: () => void told.push(`${name} held`) },
      ...{ prepare: () => told.push(`${name} prepared`) === 0, letGo: () => void told.push(`${name} let go`) },
    });
    relay.register('tail', telling('old'));
    relay.register('tail', telling('new'));
    const [one] = registered;
    one.hold?.();
    assert.equal(one.prepare?.(), false);
    one.letGo?.();
    assert.deepEqual(told, ['new held', 'new prepared', 'new let go']);
    relay.register('tail', part(null));
    one.hold?.();
    assert.equal(one.prepare?.(), true, 'a part that has nothing to prepare');
    one.letGo?.();
  });
});
