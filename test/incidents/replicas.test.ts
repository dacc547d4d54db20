import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Replicas } from '../../src/incidents/replicas.ts';
import { EDGE } from './staged.ts';

test('each once, fifty at most', () => {
  const replicas = new Replicas();
  for (const subject of [EDGE, EDGE, { ...EDGE }]) replicas.add(subject);
  assert.deepEqual(replicas.list(), [EDGE]);
  for (let pod = 0; pod < 60; pod++) replicas.add({ ...EDGE, pod: `edge-${pod}` });
  assert.equal(replicas.list().length, 50);
});
