import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { WorkerGenerations } from '../../src/collectors/nginx-config-generation.ts';
import type { ProcessClock } from '../../src/sources/process-clock.ts';

/** Ticks are milliseconds here, so that times read plainly. */
const clock = { startMs: (ticks: number) => ticks } as unknown as ProcessClock;
let generations: WorkerGenerations;

/** `3@1000` is worker 3 that began at 1000; a minus behind it: it is shutting down. */
function see(nowMs: number, workers: string, masterStart = -100_000) {
  const found = workers
    .split(' ')
    .filter(Boolean)
    .map((text) => {
      const [pid, start] = text.replace('-', '').split('@').map(Number);
      return { pid, startTicks: start, isDraining: text.endsWith('-') };
    });
  const generation = generations.observe({ startTicks: masterStart, workers: found }, clock, nowMs);
  return generation && [generation.id, generation.startMs, generation.origin, generation.isStartKnown];
}

describe('WorkerGenerations', () => {
  beforeEach(() => {
    generations = new WorkerGenerations();
  });

  it('of several that began together the first decides; before any nothing is known', () => {
    assert.equal(see(0, ''), null);
    assert.deepEqual(see(9000, '1@1000 2@1010'), [1, 1000, 'first', true]);
    assert.deepEqual(see(9000, ''), [1, 1000, 'first', true]);
  });

  it('a lone worker is known when it began with its master, and not otherwise', () => {
    assert.deepEqual(see(9000, '1@1000', 900), [1, 1000, 'first', true]);
    generations = new WorkerGenerations();
    assert.deepEqual(see(9000, '1@1000', 0), [1, 1000, 'first', true]);
    generations = new WorkerGenerations();
    assert.deepEqual(see(9000, '1@1001', 0), [1, 1001, 'first', false]);
  });

  it('a reload is new workers together, also when the old ones are gone or still drain', () => {
    see(2000, '1@1000 2@1010');
    assert.deepEqual(see(9000, '3@5000 4@5010'), [2, 5000, 'reload', true]);
    assert.deepEqual(see(20_000, '3@5000- 4@5010- 5@15000 6@15000'), [3, 15_000, 'reload', true]);
  });

  it('in the middle of a reload the old ones still decide', () => {
    see(2000, '1@1000 2@1010');
    assert.deepEqual(see(5050, '1@1000 2@1010 3@5000 4@5010'), [1, 1000, 'first', true]);
    assert.deepEqual(see(7000, '3@5000 4@5010'), [2, 5000, 'reload', true]);
  });

  it('the middle of a reload at first sight, and two reloads in a row', () => {
    assert.deepEqual(see(5050, '1@1000 2@1010 3@5000 4@5010'), [1, 1000, 'first', true]);
    assert.deepEqual(see(7000, '3@5000 4@5010'), [2, 5000, 'reload', true]);
    assert.deepEqual(see(8050, '5@7500 6@7500 7@8000 8@8000'), [3, 7500, 'reload', true]);
    assert.deepEqual(see(9000, '5@7500- 7@8000 8@8000'), [4, 8000, 'reload', true]);
  });

  it('who comes back alone beside older ones runs what they run', () => {
    see(2000, '1@1000 2@1010');
    assert.deepEqual(see(9000, '2@1010 3@5000'), [1, 1000, 'first', true]);
    assert.deepEqual(see(11_000, '2@1010 3@5000'), [1, 1000, 'first', true]);
    // Then the other one too: nobody was sent away, so there was no reload.
    assert.deepEqual(see(13_000, '3@5000 4@12000'), [1, 1000, 'first', true]);
    assert.deepEqual(see(15_000, '4@12000 5@14000'), [1, 1000, 'first', true]);
    assert.deepEqual(see(19_000, '6@18000 7@18010'), [2, 18_000, 'reload', true]);
  });

  it('who came back before the watch began is told by those that stayed', () => {
    assert.deepEqual(see(9000, '1@1000 2@1010 3@5000'), [1, 1000, 'first', true]);
    assert.deepEqual(see(13_000, '3@5000 4@10000 5@11000'), [1, 1000, 'first', true]);
  });

  it('a lone worker in the place of a lone worker: reload or crash', () => {
    see(2000, '1@1000', 900);
    assert.deepEqual(see(9000, '2@5000', 900), [2, 5000, 'replaced', false]);
  });

  it('a lone worker whose predecessor was sent away, or was there beside it', () => {
    see(2000, '1@1000');
    assert.deepEqual(see(9000, '1@1000- 2@5000'), [2, 5000, 'reload', true]);
    assert.deepEqual(see(10_050, '2@5000 3@10000'), [2, 5000, 'reload', true]);
    assert.deepEqual(see(12_000, '3@10000'), [3, 10_000, 'reload', true]);
  });

  it('a reload so soon after the start that its workers were taken for late siblings', () => {
    see(1010, '1@1000', 990);
    assert.deepEqual(see(1080, '1@1000 2@1070', 990), [1, 1000, 'first', true]);
    // Had it crashed, it would be started again at once: one look is not enough.
    assert.deepEqual(see(1190, '2@1070', 990), [1, 1000, 'first', true]);
    assert.deepEqual(see(1210, '2@1070', 990), [2, 1070, 'reload', true]);
    assert.deepEqual(see(9000, '3@5000', 990), [3, 5000, 'replaced', false]);
    assert.equal(generations.respawns, 0);
  });

  it('the same at first sight, the old ones draining', () => {
    see(1080, '1@1000 2@1000 3@1070 4@1080', 990);
    see(1180, '1@1000- 2@1000- 3@1070 4@1080', 990);
    assert.deepEqual(see(2000, '3@1070 4@1080', 990), [2, 1070, 'reload', true]);
  });

  it('the same of workers that began one right after the other, one of the old ones draining', () => {
    see(1100, '1@1000 2@1040 3@1050 4@1090', 990);
    see(1200, '1@1000- 3@1050 4@1090', 990);
    assert.deepEqual(see(1300, '1@1000- 3@1050 4@1090', 990), [2, 1050, 'reload', true]);
  });

  it('the first of workers that began apart, since their master was short of CPU, has crashed', () => {
    see(2000, '1@1000 2@1050', 990);
    see(5000, '2@1050', 990);
    assert.deepEqual(see(5010, '2@1050 3@5005', 990), [1, 1000, 'first', true]);
    assert.deepEqual(see(9000, '2@1050 3@5005', 990), [1, 1000, 'first', true]);
    assert.equal(generations.respawns, 1);
  });

  it('a reload to fewer workers, one of the old ones slow to hear of it', () => {
    see(2000, '1@1000 2@1000 3@1000');
    assert.deepEqual(see(7000, '1@1000- 2@1000- 3@1000 4@5000'), [1, 1000, 'first', true]);
    assert.deepEqual(see(9000, '4@5000'), [2, 5000, 'reload', true]);
  });

  it('a reload while one that came back is slow to hear of it', () => {
    see(2000, '1@1000 2@1010');
    see(7000, '2@1010 3@5000');
    see(9050, '2@1010- 3@5000 4@9000 5@9000');
    assert.deepEqual(see(11_000, '4@9000 5@9000')?.slice(1), [9000, 'reload', true]);
  });

  it('a reload of which only one that came back is slow to hear', () => {
    for (const between of ['2@1010 3@5000', '2@1010 3@5000 4@9000 5@9000']) {
      generations = new WorkerGenerations();
      see(2000, '1@1000 2@1010');
      see(7000, '2@1010 3@5000');
      see(9050, between);
      assert.deepEqual(see(9150, '3@5000 4@9000 5@9000'), [1, 1000, 'first', true], between);
      assert.deepEqual(see(11_000, '4@9000 5@9000'), [2, 9000, 'reload', true]);
      assert.equal(generations.respawns, 1);
    }
  });

  it('a reload to one worker, one that came back draining', () => {
    see(2000, '1@1000 2@1010');
    see(7000, '2@1010 3@5000');
    assert.deepEqual(see(11_000, '3@5000- 4@9000'), [2, 9000, 'reload', true]);
  });

  it('who was there beside a young generation and stays does not prove a reload when the others are gone', () => {
    see(1100, '1@1000', 990);
    // Its master is short of CPU.
    see(1300, '1@1000 2@1200', 990);
    see(3300, '1@1000 2@1200', 990);
    assert.equal(generations.respawns, 0);
    assert.deepEqual(see(20_000, '2@1200 3@15000', 990), [2, 1200, 'replaced', false]);
    assert.deepEqual(see(30_000, '4@25000 5@25000', 990), [3, 25_000, 'reload', true]);
  });

  it('all of the next generation have crashed, one after the other', () => {
    see(2000, '1@1000 2@1000');
    assert.deepEqual(see(5500, '3@5000 4@5300'), [2, 5000, 'replaced', false]);
    assert.deepEqual(see(6000, '4@5300 5@5900'), [3, 5300, 'replaced', false]);
  });

  it('who was late and has crashed since', () => {
    see(1300, '1@1000 2@1200', 990);
    see(3300, '1@1000 2@1200', 990);
    see(20_000, '1@1000 3@15000', 990);
    assert.equal(generations.respawns, 1);
    assert.deepEqual(see(30_000, '3@15000 4@25000', 990), [1, 1000, 'first', true]);
    assert.equal(generations.respawns, 2);
  });

  it('a reload of a young generation, one of the old ones slow to hear of it', () => {
    see(1100, '1@1000 2@1000', 990);
    see(1550, '1@1000 2@1000 3@1500 4@1500', 990);
    see(3000, '1@1000 3@1500 4@1500', 990);
    assert.deepEqual(see(4000, '3@1500 4@1500', 990), [2, 1500, 'reload', true]);
  });

  it('one of the next generation that crashed before it was seen is none of a third', () => {
    see(2000, '1@1000 2@1000');
    assert.deepEqual(see(5500, '3@5000 4@5200'), [2, 5000, 'replaced', false]);
    see(7500, '3@5000 4@5200');
    assert.deepEqual(see(20_000, '4@5200 5@15000'), [3, 5200, 'replaced', false]);
  });

  it('a start stays what it was when the clock is set', () => {
    see(2000, '1@1000 2@1010');
    see(5050, '1@1000 2@1010 3@5000 4@5010');
    const set = { startMs: (ticks: number) => ticks + 3_600_000 } as unknown as ProcessClock;
    const workers = [3, 4].map((pid) => ({ pid, startTicks: 4970 + pid * 10, isDraining: false }));
    assert.equal(generations.observe({ startTicks: 0, workers }, set, 9000)?.startMs, 5000);
  });

  it('counts those that were started again while it watched, each once', () => {
    see(4000, '1@1000 2@1010 3@1500');
    assert.equal(generations.respawns, 0);
    see(9000, '2@1010 4@5000 5@8500');
    assert.equal(generations.respawns, 1);
    assert.ok(generations.isRespawned({ pid: 4, startTicks: 5000 }));
    assert.ok(!generations.isRespawned({ pid: 2, startTicks: 1010 }));
    see(11_000, '2@1010 4@5000 5@8500');
    assert.equal(generations.respawns, 2);
    see(20_000, '6@15000 7@15000 8@15010');
    assert.equal(generations.respawns, 2);
  });

  it('counts also when none is left of those that began', () => {
    see(2000, '1@1000 2@1010');
    see(9000, '2@1010 3@5000');
    see(13_000, '3@5000 4@12000');
    see(16_000, '4@12000 5@14000');
    assert.equal(generations.respawns, 3);
  });

  it('counts no reload, and no lone worker in the place of a lone one', () => {
    see(2000, '1@1000 2@1010');
    see(5050, '1@1000 2@1010 3@5000 4@5010');
    see(7000, '3@5000 4@5010');
    see(9000, '5@8000');
    see(12_000, '6@10000');
    assert.equal(generations.respawns, 0);
  });

  it('64 workers of a large nginx take more than half a second to begin, and none has crashed', () => {
    const many = (first: number, start: number) =>
      Array.from({ length: 64 }, (_, at) => `${first + at}@${start + at * 9}`).join(' ');
    see(9000, many(1, 1000));
    assert.deepEqual(see(19_000, many(101, 15_000)), [2, 15_000, 'reload', true]);
    see(29_000, many(101, 15_000));
    assert.equal(generations.respawns, 0);
    // Seen while they begin.
    see(40_090, `${many(101, 15_000)} 201@40000 202@40085`);
    see(42_000, '201@40000 202@40085 203@40170 204@40255');
    assert.equal(generations.respawns, 0);
  });

  it('a master short of CPU takes its time between two workers of a reload, and none has crashed', () => {
    see(9000, '1@1000 2@1010 3@1020');
    assert.deepEqual(see(19_000, '4@15000 5@15200 6@15400'), [2, 15_000, 'replaced', false]);
    see(21_000, '4@15000 5@15200 6@15400');
    assert.equal(generations.respawns, 0);
    see(29_000, '4@15000 5@15200 7@25000');
    assert.equal(generations.respawns, 1);
  });
});
