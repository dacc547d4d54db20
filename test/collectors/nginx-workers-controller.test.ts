import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { ingressClassOf } from '../../src/collectors/nginx-workers-controller.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import { writeProcess } from '../support/fake-gateway.ts';
import { FakeProc } from '../support/fake-proc.ts';

test('of the real parent of a process, by its command line', async (t) => {
  const script = 'sleep 60 & echo $!; wait';
  const controller = spawn('/bin/sh', ['-c', script, 'sh', '-ingress-class', 'internal'], {
    ...{ argv0: '/nginx-ingress', stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  });
  t.after(() => process.kill(-controller.pid!));
  const [line] = await once(controller.stdout!, 'data');
  const proc = openProcfs('/proc');
  assert.deepEqual(ingressClassOf(proc, Number(line)), {
    ...{ controller: 'nginx_ingress_controller', ingress_class: 'internal', controller_class: '' },
  });
  assert.equal(ingressClassOf(proc, controller.pid!), null, 'its own parent is no controller');
});

test('nothing of a process without a parent that is seen', (t) => {
  const fake = new FakeProc(t);
  writeProcess(fake, 'nginx', 'nginx: master process nginx', { pid: 40, parent: 0 });
  writeProcess(fake, 'nginx', 'nginx: master process nginx', { pid: 41, parent: 7 });
  for (const pid of [40, 41, 42]) assert.equal(ingressClassOf(openProcfs(fake.root), pid), null);
});
