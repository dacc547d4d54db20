import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { findLogs } from '../../src/collectors/error-log-plan.ts';
import { nginxErrorLog } from '../../src/collectors/nginx-error-log.ts';

const root = mkdtempSync(join(tmpdir(), 'badgateway-plan-'));
after(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, 'proc'));
mkdirSync(join(root, 'var/log/nginx'), { recursive: true });
writeFileSync(join(root, 'var/log/nginx/error.log'), '');

const plan = (config: object) => findLogs(nginxErrorLog.schema.parse(config), { proc: join(root, 'proc'), root });

describe('findLogs', () => {
  it('prefers configured files and their gateway names', () => {
    const found = plan({ files: ['/a/*.log', { path: '/b.log', gateway: 'edge' }] });
    assert.deepEqual(found.globs, ['/a/*.log', '/b.log']);
    assert.equal(found.subjectOf('/b.log').gateway, 'edge');
    assert.equal(found.subjectOf('/a/x.log').gateway, 'nginx');
  });
  it('names the workload of a pod, unless the configuration does', () => {
    const path = '/var/log/pods/ns_web-0_0f1e2d3c-1111-2222-3333-444455556666/nginx/0.log';
    assert.deepEqual(plan({ files: ['/var/log/pods/*/*/*.log'] }).subjectOf(path), {
      namespace: 'ns',
      pod: 'web-0',
      container: 'nginx',
      gateway: 'web',
    });
    assert.equal(plan({ files: [{ path, gateway: 'edge' }] }).subjectOf(path).gateway, 'edge');
  });
  it('discovers the default places under the given root, and says so', () => {
    const found = plan({});
    assert.deepEqual(found.globs, [`${root}/var/log/nginx/*error*.log`]);
    assert.match(found.notes.join('; '), /default places/);
  });
  it('says that discovery is off', () => assert.match(plan({ discover: false }).notes[0], /discovery is off/));
});
