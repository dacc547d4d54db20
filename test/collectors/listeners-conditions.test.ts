import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeenTwice } from '../../src/collectors/listeners-conditions.ts';

test('a condition is told when it is seen twice in a row, and taken back when nobody speaks of it', () => {
  const told: (boolean | null)[] = [];
  const condition = new SeenTwice('sidecar_down', { condition: ({ isActive }) => void told.push(isActive) });
  const subject = { namespace: '', pod: 'a', container: '', gateway: 'a' };
  const poll = (...sightings: (boolean | null)[]) => {
    told.length = 0;
    for (const isActive of sightings) condition.say(subject, isActive, '');
    condition.end();
    return [...told];
  };
  assert.deepEqual(poll(true), [], 'once may be a start');
  assert.deepEqual(poll(true), [true]);
  assert.deepEqual(poll(true), [true]);
  assert.deepEqual(poll(false), [false]);
  assert.deepEqual(poll(true), [], 'false stays');
  assert.deepEqual(poll(null), [null]);
  assert.deepEqual(poll(), [], 'nothing was told');
  assert.deepEqual(poll(true), []);
  assert.deepEqual(poll(true), [true]);
  assert.deepEqual(poll(), [null], 'the subject is gone');
  assert.deepEqual(poll(true, false), [], 'two of one name');
  assert.deepEqual(poll(true, false), [true]);
  assert.deepEqual(poll(false, true), [true], 'in either order');
  assert.deepEqual(poll(false, false), [false]);
});

test('between two polls one look is enough for what was there before, and what was told is told again', () => {
  const told: (boolean | null)[] = [];
  const condition = new SeenTwice('sidecar_down', { condition: ({ isActive }) => void told.push(isActive) });
  const subject = { namespace: '', pod: 'a', container: '', gateway: 'a' };
  const heard = (act: () => void) => {
    told.length = 0;
    act();
    return [...told];
  };
  const poll = (isActive: boolean) => () => {
    condition.say(subject, isActive, '');
    condition.end();
  };
  assert.deepEqual(
    heard(() => condition.repeat(subject)),
    [],
    'nothing was told',
  );
  heard(poll(false));
  assert.deepEqual(
    heard(() => condition.repeat(subject)),
    [false],
  );
  assert.deepEqual(
    heard(() => condition.glimpse(subject, true, '')),
    [true],
  );
  assert.deepEqual(
    heard(() => condition.repeat(subject)),
    [],
    'that it is down nobody has seen again',
  );
  assert.deepEqual(heard(poll(true)), [true]);
  assert.deepEqual(
    heard(() => condition.glimpse(subject, false, '')),
    [false],
  );
  assert.deepEqual(heard(poll(true)), [], 'from anew');
  assert.deepEqual(
    heard(() => condition.end()),
    [null],
  );
});
