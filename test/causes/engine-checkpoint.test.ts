import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { CauseEngine } from '../../src/causes/engine.ts';
import { nginxErrorLog } from '../../src/collectors/nginx-error-log.ts';
import { FAILURE_METRICS, FailureAccounts } from '../../src/metrics/failures.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { Checkpoint } from '../../src/sources/checkpoint.ts';
import { testContext } from '../support/context.ts';
import { factsOf, proof, rule } from './engine-rig.ts';

const createNginxErrorLog = await nginxErrorLog.load();

const LINE =
  '2026/11/21 12:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, ' +
  'client: 198.51.100.7, server: _, request: "GET / HTTP/1.1", upstream: "http://10.0.0.1:80/", host: "shop"\n';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-engine-'));
after(() => rmSync(directory, { recursive: true }));

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const clock = { now: () => Date.now() };

/** One run of the log, the engine and the checkpoint, wired as in the program. `knows`: whether the facts are known in it. */
async function run(name: string, { log, knows }: { readonly log: string; readonly knows: boolean }) {
  const registry = new MetricRegistry(clock);
  const checkpoint = new Checkpoint({ directory: stateOf(name), clock, log: quiet });
  const accounts = new FailureAccounts(registry.writers(FAILURE_METRICS));
  const state = { knows };
  const engine = new CauseEngine({
    ...{ facts: factsOf(), clock, limits: { waitMs: 3_600_000 } },
    rules: [rule('stale_endpoint', ['connect_refused'], () => (state.knows ? proof('removed') : 'wait'))],
    onVerdict: (verdict) => accounts.count(verdict),
    ...{ onWait() {}, onHurried() {}, onRuleError: (_, error) => assert.fail(String(error)) },
  });
  const sink = {
    present: accounts.present.bind(accounts),
    observe: (observation: Parameters<typeof engine.observe>[0]) => {
      accounts.observe(observation);
      engine.observe(observation);
    },
  };
  const context = testContext(registry.writers(nginxErrorLog.metrics), { clock, sink, checkpoint });
  const config = { files: [log], start_at: 'beginning' };
  const follower = createNginxErrorLog(nginxErrorLog.schema.parse(config), context);
  const metrics = registry.persistent();
  const save = () => {
    follower.flush?.();
    return metrics.save();
  };
  checkpoint.register('metrics', { ...metrics, save });
  checkpoint.register('pending_failures', engine);
  checkpoint.load();
  await follower.start?.();
  const sum = (family: string) =>
    [...(registry.get(family)?.entries() ?? [])].reduce((all, { value }) => all + value, 0);
  return {
    engine,
    state,
    checkpoint,
    failures: () => sum('badgateway_failures_total'),
    symptoms: () => sum('badgateway_symptoms_total'),
    /** Takes over what has been read, and ticks. */
    look() {
      follower.flush?.();
      engine.tick(clock.now());
    },
    /** Nothing of it is saved any more. */
    end: async () => await follower.stop?.(),
  };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!holds()) {
    assert.ok(Date.now() < deadline, what);
    await wait(20);
  }
}

const stateOf = (name: string) => join(directory, name, 'state');

/** What a process that is killed now leaves on the disk. */
function kill(name: string, as: string): void {
  mkdirSync(stateOf(name), { recursive: true });
  cpSync(stateOf(name), stateOf(as), { recursive: true });
}

describe('a kill between reading a failure and its verdict', () => {
  it('loses nothing and counts nothing twice, whenever it comes', async () => {
    const log = join(directory, 'error.log');
    writeFileSync(log, '');
    const first = await run('first', { log, knows: false });
    first.checkpoint.save();
    appendFileSync(log, LINE.repeat(3));
    await until('3 failures wait', () => {
      first.look();
      return first.engine.pending === 3;
    });
    kill('first', 'unsaved');
    first.checkpoint.save();
    kill('first', 'waiting');
    first.state.knows = true;
    await until('the verdict', () => {
      first.look();
      return first.failures() === 3;
    });
    kill('first', 'said');
    first.checkpoint.save();
    kill('first', 'saved');
    await first.end();
    appendFileSync(log, LINE.repeat(2));

    for (const point of ['unsaved', 'waiting', 'said', 'saved']) {
      const next = await run(point, { log, knows: true });
      await until(`5 failures after a kill when ${point}`, () => {
        next.look();
        return next.failures() >= 5 && next.engine.pending === 0;
      });
      await next.end();
      next.look();
      assert.deepEqual([next.failures(), next.symptoms()], [5, 5], point);
    }
  });
});
