import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { CAUSES } from '../../src/contract/names.ts';
import { CONDITIONS, type Condition } from '../../src/contract/upstream.ts';
import { opensIncident } from '../../src/incidents/condition-reasons.ts';
import { CART, EDGE, Staged } from './staged.ts';

const upstream = (service: string) => ({ ...CART, upstream_service: service });

const event = fc.oneof(
  fc.record({
    kind: fc.constant('fail' as const),
    cause: fc.constantFrom(...CAUSES),
    count: fc.integer({ min: 1, max: 50 }),
    service: fc.constantFrom('', 'cart', 'pay', 'user'),
    pod: fc.constantFrom('edge-1', 'edge-2'),
  }),
  fc.record({
    kind: fc.constant('state' as const),
    condition: fc.constantFrom(...CONDITIONS),
    isActive: fc.constantFrom(true, false, null),
    evidence: fc.constantFrom('', 'shop/cart:80', 'shop/cart:80, shop/pay:80'),
    pod: fc.constantFrom('edge-1', 'edge-2'),
  }),
  fc.record({ kind: fc.constant('pass' as const), seconds: fc.constantFrom(1, 10, 70, 320) }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

describe('whatever happens in whatever order', () => {
  it('every failure is in exactly one incident, and every bad state that holds and is harm by itself in one that is open', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let staged = new Staged();
        let failures = 0;
        const holding = new Map<string, string>();
        for (const one of events) {
          if (one.kind === 'pass') staged.pass(one.seconds);
          else if (one.kind === 'fail') {
            failures += one.count;
            staged.fail(one.cause, one.count, { upstream: upstream(one.service), subject: { ...EDGE, pod: one.pod } });
          } else if (one.kind === 'state') {
            const { condition, isActive, evidence, pod } = one;
            staged.state(condition, isActive, { evidence, subject: { ...EDGE, pod } });
            if (isActive === true) holding.set(`${condition} ${pod}`, condition);
            else holding.delete(`${condition} ${pod}`);
          } else {
            const saved = JSON.parse(JSON.stringify(staged.book.save()));
            const next = new Staged();
            next.now = staged.now;
            next.book.restore(saved);
            staged = next;
            holding.clear();
          }
        }
        const incidents = staged.pass(15).all();
        assert.equal(
          incidents.reduce((sum, incident) => sum + incident.failures, 0),
          failures,
        );
        for (const { causes, failures: own } of incidents)
          assert.equal(
            causes.reduce((sum, { count }) => sum + count, 0),
            own,
          );
        const open = incidents.filter(({ isOpen }) => isOpen).flatMap(({ conditions }) => conditions);
        const active = open.filter(({ isActive }) => isActive).map(({ condition }) => condition);
        const opening = (conditions: Iterable<string>) =>
          [...new Set(conditions)].filter((one) => opensIncident(one as Condition)).sort();
        assert.deepEqual(opening(active), opening(holding.values()));
        assert.equal(new Set(incidents.map(({ id }) => id)).size, incidents.length);
        for (const { title, next } of incidents) assert.ok(title.length > 10 && next.length > 10);
        // Without anything more all ends.
        for (const key of holding.keys()) {
          const [condition, pod] = key.split(' ');
          staged.state(condition as (typeof CONDITIONS)[number], false, { subject: { ...EDGE, pod } });
        }
        assert.ok(
          staged
            .pass(301)
            .all()
            .every(({ isOpen }) => !isOpen),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('two incidents of one gateway and Service are never open at once', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const staged = new Staged();
        for (const one of events) {
          if (one.kind === 'pass') staged.pass(one.seconds);
          else if (one.kind === 'state') staged.state(one.condition, one.isActive, { evidence: one.evidence });
          else if (one.kind === 'fail')
            staged.fail('connection_refused', one.count, { upstream: upstream(one.service) });
          const open = staged.all().filter(({ isOpen, failures }) => isOpen && failures > 0);
          const affected = open.flatMap((incident) => incident.affected);
          assert.equal(new Set(affected).size, affected.length);
        }
      }),
      { numRuns: 200 },
    );
  });
});
