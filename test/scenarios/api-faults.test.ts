/** Ten minutes and more of a compressed clock with every fault of the API server, one after another. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Allowed, ApiFaultGround, STALE_AFTER_S } from './api-fault-ground.ts';
import { API_FAULTS, type ApiFault } from './api-faults.ts';

const CALM: Allowed = { '10.2.1.1': ['live'], '10.2.1.2': ['live'], '10.2.2.2': ['live'] };
/** Longer than slices may be old. */
const OUTAGE_S = STALE_AFTER_S + 15;
const BRIEF_S = 8;
const HEALED_S = 150;

/** The proxy keeps an address that comes and goes, and takes at once what another Service has now. */
async function undergo(ground: ApiFaultGround, fault: ApiFault, round: number): Promise<void> {
  const isGone = round % 2 === 0;
  const [before, after] = isGone ? ['live', 'stale'] : ['stale', 'live'];
  ground.what = fault.what;
  await fault.begin(ground.api);
  if (!fault.isDeceptive) ground.moving = `10.2.3.${(round % 200) + 2}`;
  ground.allowed = { ...CALM, '10.2.2.1': [before, after], [ground.moving]: ['live'] };
  ground.setAddresses('moving', [ground.moving]);
  ground.setAddresses('dead', isGone ? ['10.2.2.2'] : ['10.2.2.1', '10.2.2.2']);
  let wasTooOld = false;
  for (let second = 0; second < (fault.isOutage ? OUTAGE_S : BRIEF_S); second++) {
    await ground.second();
    wasTooOld ||= ground.isTooOld();
  }
  if (fault.isOutage) assert.ok(wasTooOld, `${fault.what} is no outage`);
  await fault.end(ground.api);
  const wanted = {
    '10.2.1.1': 'live',
    '10.2.1.2': 'live',
    '10.2.2.1': after,
    '10.2.2.2': 'live',
    [ground.moving]: 'live',
  };
  const isHealed = () => Object.entries(wanted).every(([address, state]) => ground.states()[address] === state);
  await ground.until(isHealed, HEALED_S, 'what changed meanwhile is not found');
  ground.allowed = { ...CALM, '10.2.2.1': [after], [ground.moving]: ['live'] };
  for (let second = 0; second < 3; second++) await ground.second();
}

async function begin(ground: ApiFaultGround): Promise<void> {
  ground.allowed = { ...CALM, '10.2.2.1': ['live'], [ground.moving]: ['live'] };
  const states = () => Object.values(ground.states());
  await ground.until(() => states().length === 5 && states().every((state) => state === 'live'), 60, 'not live');
}

describe('faults of the API server [ci]', () => {
  it('no false verdict over every fault, everything unknown when it lasts, and the truth afterwards', async (t) => {
    const ground = await ApiFaultGround.start(t);
    await begin(ground);
    for (const [round, fault] of API_FAULTS.entries()) await undergo(ground, fault, round);
    assert.ok(ground.seconds >= 600, `only ${ground.seconds} s`);
    assert.equal(await ground.drift(), 0, 'no event was lost');
  });

  it('an event that is lost is found by the next comparison with a list, and counted', async (t) => {
    const ground = await ApiFaultGround.start(t);
    await begin(ground);
    ground.what = 'lost event';
    ground.api.watches.eventFaults.dropNext(1);
    ground.setAddresses('dead', ['10.2.2.2']);
    // From now on no watch asks for what was before.
    ground.api.watches.sendBookmarks();
    ground.allowed = { ...ground.allowed, '10.2.2.1': ['live', 'stale'] };
    await ground.until(() => ground.states()['10.2.2.1'] === 'stale', HEALED_S, 'the lost event is not found');
    assert.equal(await ground.drift(), 1);
  });
});
