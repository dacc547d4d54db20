import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explanationOf } from '../../src/causes/index.ts';
import { CONDITIONS } from '../../src/contract/upstream.ts';
import { opensIncident } from '../../src/incidents/condition-reasons.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import { API, CART, EDGE, START, Staged } from './staged.ts';

const STALE = explanationOf('stale_endpoint').title;
const conditionsOf = ({ conditions }: Incident) => conditions.map(({ condition }) => condition).sort();

describe('a bad state without failures', () => {
  for (const condition of CONDITIONS.filter(opensIncident)) {
    it(`${condition} is an incident without a cause, with words and a next step`, () => {
      const incident = new Staged().state(condition, true, { evidence: 'shop/cart:80' }).pass(15).one();
      assert.equal(incident.cause, null);
      assert.equal(incident.failures, 0);
      assert.match(incident.title, /^gateway gw\/edge: .+/);
      assert.doesNotMatch(incident.next, /\$|^$/);
    });
  }

  it('is none before it has held for 15 s: a reload or a rollout that harms nobody', () => {
    const staged = new Staged().state('config_not_loaded').pass(14);
    assert.deepEqual([staged.all(), staged.opened], [[], []]);
    staged.state('config_not_loaded', false).pass(5).state('config_not_loaded').pass(14);
    assert.deepEqual(staged.all(), [], 'it has begun anew');
    const { startedMs } = staged.pass(1).one();
    assert.equal(startedMs, staged.now - 15_000);
    assert.deepEqual(staged.opened, [null]);
  });

  it('stands at once with the failures that it explains', () => {
    const staged = new Staged().state('config_not_loaded').fail('stale_endpoint').pass(1);
    assert.deepEqual(conditionsOf(staged.one()), ['config_not_loaded']);
  });

  for (const condition of CONDITIONS.filter((one) => !opensIncident(one))) {
    it(`${condition} is never an incident by itself, and keeps none open`, () => {
      const say = (staged: Staged, count: number) => staged.state(condition, true, { evidence: `${count} reloads` });
      const staged = say(new Staged(), 30).pass(600);
      assert.deepEqual([staged.all(), staged.opened], [[], []]);
      staged.fail('overload').pass(1);
      assert.deepEqual(conditionsOf(staged.one()), [condition]);
      for (let count = 31; count < 61; count++) say(staged, count).pass(10);
      assert.equal(staged.one().isOpen, false);
      staged.state('worker_pileup').pass(16);
      const [open] = staged.all();
      assert.deepEqual([open.isOpen, conditionsOf(open)], [true, [condition, 'worker_pileup'].sort()]);
      staged.state('worker_pileup', false).pass(60);
      assert.equal(staged.all()[0].isOpen, false);
    });
  }

  it('that has harmed nobody is over one minute after it has ended', () => {
    const staged = new Staged().state('config_not_loaded').pass(20).state('config_not_loaded', false).pass(59);
    assert.equal(staged.one().isOpen, true);
    staged.pass(1);
    assert.equal(staged.one().isOpen, false);
    assert.equal(staged.one().timeline.at(-1)!.text, 'over: 1 min without a bad state, and no request had failed');
    staged.state('config_not_loaded').fail('stale_endpoint').pass(1).state('config_not_loaded', false).pass(298);
    assert.equal(staged.all()[0].isOpen, true, 'with a failure it takes five');
  });

  it('takes the failures that it explains, and keeps its id', () => {
    const staged = new Staged().state('config_not_loaded').pass(30);
    const { id } = staged.one();
    staged.fail('stale_endpoint', 5).pass(1);
    assert.deepEqual([staged.one().id, staged.one().cause], [id, 'stale_endpoint']);
    staged.fail('stale_endpoint', 5, { upstream: API });
    assert.equal(staged.one().failures, 10);
  });

  it('that fits only does not tie two Services together', () => {
    const staged = new Staged()
      .state('token_expired')
      .fail('connection_refused')
      .fail('connection_refused', 1, { upstream: API });
    assert.deepEqual(staged.all().map(conditionsOf), [['token_expired'], ['token_expired']]);
  });

  it('false and unknown open nothing and need no memory', () => {
    const staged = new Staged().state('token_expired', false).state('truth_stale', null);
    assert.deepEqual(staged.all(), []);
  });

  it('holds as long as one replica has it', () => {
    const other = { ...EDGE, pod: 'edge-2' };
    const staged = new Staged().state('config_invalid').state('config_invalid', true, { subject: other });
    staged.pass(600).state('config_invalid', false).pass(600);
    assert.equal(staged.one().conditions[0].isActive, true);
    staged.state('config_invalid', null, { subject: other }).pass(1);
    assert.equal(staged.one().conditions[0].isActive, false);
    assert.equal(staged.one().isOpen, true);
    assert.equal(staged.pass(300).one().isOpen, false);
  });
});

describe('how an incident ends', () => {
  it('after five minutes without a failure; then the next failure is another one', () => {
    const staged = new Staged().fail('stale_endpoint').pass(299);
    assert.equal(staged.one().isOpen, true);
    staged.pass(1);
    const first = staged.one();
    assert.deepEqual([first.isOpen, first.rate], [false, 0]);
    staged.fail('stale_endpoint');
    assert.equal(staged.all().length, 2);
    assert.notEqual(staged.all()[0].id, first.id);
    assert.deepEqual(
      staged.all().map(({ isOpen }) => isOpen),
      [true, false],
    );
  });

  it('quiet and again stand in the timeline', () => {
    const staged = new Staged().fail('stale_endpoint').pass(90).fail('stale_endpoint').pass(300);
    assert.deepEqual(
      staged.one().timeline.map(({ kind, text, atMs }) => [kind, text, (atMs - START) / 1000]),
      [
        ['failures', `shop/cart:80: ${STALE}`, 0],
        ['quiet', 'the last failure', 0],
        ['failures', `failures again, shop/cart:80: ${STALE}`, 90],
        ['quiet', 'the last failure', 90],
        ['quiet', 'over: 5 min without a failure and without a bad state', 390],
      ],
    );
  });
});

describe('changes', () => {
  it('of the gateway, the Service and the node from ten minutes before stand in the timeline, others do not', () => {
    const staged = new Staged()
      .done('reload', 'too early')
      .pass(601)
      .done('reload', 'edge was reloaded')
      .done('rollout', 'shop/cart was rolled out', { subject: null, service: 'shop/cart' })
      .done('rollout', 'pay/api was rolled out', { subject: null, service: 'pay/api' })
      .done('restart', 'the node', { subject: null })
      .done('reload', 'another gateway', { subject: { ...EDGE, gateway: 'other' } })
      .pass(60)
      .fail('stale_endpoint')
      .pass(10)
      .done('scale', 'cart: 3 to 5', { subject: null, service: 'shop/cart' });
    const texts = staged.one().timeline.map(({ text }) => text);
    assert.deepEqual(texts, [
      'edge was reloaded',
      'shop/cart was rolled out',
      'the node',
      `shop/cart:80: ${STALE}`,
      'cart: 3 to 5',
    ]);
    staged.fail('connection_refused', 1, { upstream: CART });
    assert.equal(staged.one().timeline.filter(({ text }) => text.includes('reloaded')).length, 1);
  });
});

describe('what began is told once', () => {
  it('with the cause that was known then', () => {
    const staged = new Staged().fail('app_error').fail('app_error').state('worker_pileup').pass(15);
    assert.deepEqual(staged.opened, ['app_error', null]);
    assert.deepEqual(
      staged.book.open().map(({ gateway, cause }) => [gateway, cause]),
      [
        ['edge', 'app_error'],
        ['edge', null],
      ],
    );
  });
});
