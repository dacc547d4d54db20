import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewaySettingsMemory } from '../../src/facts/gateway-settings.ts';

const settings = (gateway: string) => ({
  subject: { namespace: '', pod: '', container: '', gateway },
  ...{ master: null, listens: [], workerConnections: null },
});

describe('GatewaySettingsMemory', () => {
  it('keeps the latest word of every key until it is taken back', () => {
    const memory = new GatewaySettingsMemory();
    memory.report('a', settings('old'));
    memory.report('b', settings('b'));
    memory.report('a', settings('a'));
    assert.deepEqual(
      memory.all().map(({ subject }) => subject.gateway),
      ['a', 'b'],
    );
    memory.report('a', null);
    assert.deepEqual(memory.all(), [settings('b')]);
  });
});
