import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { checkpointDirectory, needsRestart, pathsOf } from '../../src/config/resolve.ts';

const config = (flags: Record<string, string> = {}) => loadConfig({ file: undefined, environment: {}, flags }).config;

describe('resolve', () => {
  it('finds the checkpoint directory: configured, systemd, default', () => {
    assert.equal(checkpointDirectory(config({ 'checkpoint.directory': '/a' }), { STATE_DIRECTORY: '/b' }), '/a');
    assert.equal(checkpointDirectory(config(), { STATE_DIRECTORY: '/b' }), '/b');
    assert.equal(checkpointDirectory(config(), {}), '/var/lib/badgateway');
  });
  it('looks at the node through /host/proc as agent only', () => {
    assert.equal(pathsOf(config()).proc, '/proc');
    assert.equal(pathsOf(config({ role: 'agent' })).proc, '/host/proc');
    assert.equal(pathsOf(config({ role: 'agent', 'paths.proc': '/p', 'paths.root': '/r' })).proc, '/p');
  });
  it('names what a reload does not change', () => {
    assert.deepEqual(needsRestart(config(), config({ 'log.level': 'debug', 'listen.page': '127.0.0.1:1' })), [
      'listen',
      'log',
    ]);
    assert.deepEqual(needsRestart(config(), config({ 'collectors.envoy.enabled': 'false' })), []);
  });
});
