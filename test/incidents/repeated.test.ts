import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Incident } from '../../src/incidents/incident.ts';
import { API, EDGE, Staged } from './staged.ts';

const ADVICE = /has gone stale (\d+) times in (\S+ \S+): .*StatefulSet/;
const HOUR_S = 3600;

it('a Service that goes stale again and again: the third time it is said what to change for good (A18)', () => {
  const staged = new Staged();
  const heard: Incident[] = [];
  staged.book.onChange((incident) => void heard.push(incident));
  for (let time = 1; time <= 4; time++) {
    staged.fail('stale_endpoint', 10).pass(2);
    const [latest] = staged.all();
    const found = ADVICE.exec(latest.next);
    assert.match(latest.next, /^kubectl -n shop get endpointslices/, 'the next command comes first');
    if (time < 3) assert.equal(found, null, latest.next);
    else assert.deepEqual(found?.slice(1), [String(time), `${time - 1} h`], latest.next);
    assert.equal(heard.at(-1)?.next, latest.next);
    assert.equal(staged.book.get(latest.id)?.next, latest.next);
    staged.pass(HOUR_S - 2);
  }
  const [, third, second] = staged.all();
  assert.match(third.next, / 3 times in 2 h/, 'what was said then stays');
  assert.doesNotMatch(second.next, ADVICE);
});

it('other causes, Services and gateways are not counted', () => {
  const staged = new Staged();
  const others = [
    () => staged.fail('connection_refused', 10),
    () => staged.fail('stale_endpoint', 10, { upstream: API }),
    () => staged.fail('stale_endpoint', 10, { subject: { ...EDGE, gateway: 'other' } }),
    () => staged.fail('stale_endpoint', 10),
    () => staged.fail('stale_endpoint', 10),
  ];
  for (const other of others) {
    other();
    staged.pass(HOUR_S);
  }
  for (const { next } of staged.all()) assert.doesNotMatch(next, ADVICE);
});

it('it is remembered over a restart', () => {
  const before = new Staged();
  for (let time = 0; time < 2; time++) before.fail('stale_endpoint', 10).pass(HOUR_S);
  const after = new Staged();
  after.now = before.now;
  after.book.restore(JSON.parse(JSON.stringify(before.book.save())));
  after.fail('stale_endpoint', 10);
  assert.match(after.all()[0].next, ADVICE);
});
