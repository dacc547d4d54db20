import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { contentOf } from '../../src/collectors/nginx-config-content.ts';
import type { Generation } from '../../src/collectors/nginx-config-generation.ts';
import { type DiskConfig, type Evidence, LoadedConfig } from '../../src/collectors/nginx-config-loaded.ts';
import type { UpstreamsInUse } from '../../src/collectors/nginx-config-view.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';

let loaded: LoadedConfig;

/** The configuration with one server, written at `ms`. */
function disk(server: string, ms: number, rest: Partial<DiskConfig> = {}): DiskConfig {
  const text = `upstream u { server ${server}; }`;
  const content = contentOf(readNginxConf({ path: '/etc/nginx/x.conf', text }), 'http');
  return { content, isInvalid: false, version: ms, modifiedMs: ms, changedMs: ms, ...rest };
}

function workers(id: number, startMs: number, rest: Partial<Generation> = {}): Generation {
  return { id, startMs, masterStartMs: 0, origin: id === 1 ? 'first' : 'reload', isStartKnown: true, ...rest };
}

function settle(evidence: Partial<Evidence>) {
  const whole = { disk: null, generation: null, runningVersion: null, nowMs: 1_000_000, ...evidence };
  const { isLoaded, running, reload } = loaded.settle(whole);
  const inUse = running?.upstreams as UpstreamsInUse | undefined;
  return [isLoaded, inUse?.upstreams[0].servers[0].host ?? null, reload];
}

describe('LoadedConfig', () => {
  beforeEach(() => {
    loaded = new LoadedConfig();
  });

  it('older files run; newer ones do not, and what was loaded stays', () => {
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 1000), generation: workers(1, 2000) }), [true, '10.0.0.1', null]);
    assert.deepEqual(settle({ disk: disk('10.0.0.2', 3000), generation: workers(1, 2000) }), [false, '10.0.0.1', null]);
    assert.deepEqual(settle({ disk: disk('10.0.0.2', 3000), generation: workers(2, 4000) }), [
      ...[true, '10.0.0.2', 'endpoints_only'],
    ]);
  });

  it('another time with the same meaning still runs, also when the times would say otherwise', () => {
    settle({ disk: disk('10.0.0.1', 1000), generation: workers(1, 2000) });
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 3000), generation: workers(1, 2000) }), [true, '10.0.0.1', null]);
    // Somebody set the times back.
    assert.deepEqual(settle({ disk: disk('10.0.0.2', 500), generation: workers(1, 2000) }), [false, '10.0.0.1', null]);
  });

  it('a tie, a time in the future and a change of rights alone say nothing, and the disk is used', () => {
    const generation = workers(1, 2000);
    const cases = [
      disk('10.0.0.1', 1980),
      disk('10.0.0.1', 2020),
      disk('10.0.0.1', 9_000_000),
      disk('10.0.0.1', 1000, { changedMs: 5000 }),
      disk('10.0.0.1', 0, { modifiedMs: null, changedMs: null }),
    ];
    for (const one of cases) {
      loaded.reset();
      assert.deepEqual(settle({ disk: one, generation }), [null, '10.0.0.1', null], JSON.stringify(one));
      assert.deepEqual(settle({ disk: disk('10.0.0.2', 6000), generation }), [false, '10.0.0.1', null]);
    }
  });

  it('a tie that is written again with the same meaning stays one', () => {
    const generation = workers(1, 2000);
    settle({ disk: disk('10.0.0.1', 1990), generation });
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 6000), generation }), [null, '10.0.0.1', null]);
  });

  it('written before the watch began and not loaded: nothing is known', () => {
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 3000), generation: workers(1, 2000) }), [false, null, null]);
  });

  it('a lone worker of unknown past: only files older than the master are sure', () => {
    const lone = workers(1, 2000, { isStartKnown: false, masterStartMs: 1500 });
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 1600), generation: lone }), [null, '10.0.0.1', null]);
    loaded.reset();
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 1400), generation: lone }), [true, '10.0.0.1', null]);
    const next = workers(2, 9000, { origin: 'replaced', isStartKnown: false });
    // The same in either case; only a file that was written tells of a reload.
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 1400), generation: next }), [true, '10.0.0.1', null]);
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 1500), generation: { ...next, id: 3 } }), [
      ...[true, '10.0.0.1', 'reordered'],
    ]);
    assert.deepEqual(settle({ disk: disk('10.0.0.2', 8000), generation: { ...next, id: 4 } }), [
      ...[null, '10.0.0.2', 'endpoints_only'],
    ]);
    assert.deepEqual(settle({ disk: disk('10.0.0.3', 9900), generation: { ...next, id: 5 } }), [
      ...[false, null, 'changed'],
    ]);
  });

  it('a rewrite that was seen before does not make the crash of a lone worker a reload', () => {
    settle({ disk: disk('10.0.0.1', 1000), generation: workers(1, 2000) });
    settle({ disk: disk('10.0.0.1', 3000), generation: workers(1, 2000) });
    const next = workers(2, 4000, { origin: 'replaced', isStartKnown: false });
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 3000), generation: next }), [true, '10.0.0.1', null]);
  });

  it('reloaded and broken afterwards, between two polls: what runs is not known', () => {
    settle({ disk: disk('10.0.0.1', 1000), generation: workers(1, 2000) });
    const broken = disk('10.0.0.3', 5000, { isInvalid: true });
    assert.deepEqual(settle({ disk: broken, generation: workers(2, 4000) }), [false, null, 'changed']);
  });

  it('reloaded and broken at once: a tie is no proof that it was broken before', () => {
    settle({ disk: disk('10.0.0.1', 1000), generation: workers(1, 2000) });
    const broken = disk('10.0.0.3', 4020, { isInvalid: true });
    assert.deepEqual(settle({ disk: broken, generation: workers(2, 4000) }), [false, null, 'changed']);
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 9000), generation: workers(2, 4000) }), [false, null, null]);
  });

  it('loaded and overwritten between two polls: what runs is not known', () => {
    settle({ disk: disk('10.0.0.1', 1000), generation: workers(1, 2000) });
    assert.deepEqual(settle({ disk: disk('10.0.0.3', 5000), generation: workers(2, 4000) }), [false, null, 'changed']);
    assert.deepEqual(settle({ disk: disk('10.0.0.3', 5000), generation: workers(3, 6000) }), [
      ...[true, '10.0.0.3', 'changed'],
    ]);
  });

  it('a broken disk changes nothing, also when all workers come back at once', () => {
    settle({ disk: disk('10.0.0.1', 1000), generation: workers(1, 2000) });
    const broken = disk('10.0.0.2', 3000, { isInvalid: true });
    assert.deepEqual(settle({ disk: broken, generation: workers(1, 2000) }), [false, '10.0.0.1', null]);
    assert.deepEqual(settle({ disk: broken, generation: workers(2, 4000) }), [false, '10.0.0.1', null]);
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 5000), generation: workers(2, 4000) }), [true, '10.0.0.1', null]);
  });

  it('all workers come back at once, what ran is not known and the disk was broken before: it is not accepted', () => {
    settle({ disk: disk('10.0.0.1', 3000), generation: workers(1, 2000) });
    const broken = disk('10.0.0.2', 5000, { isInvalid: true });
    assert.deepEqual(settle({ disk: broken, generation: workers(1, 2000) }), [false, null, null]);
    assert.deepEqual(settle({ disk: broken, generation: workers(2, 9000) }), [false, null, null]);
    assert.deepEqual(settle({ disk: broken, generation: workers(2, 9000) }), [false, null, null]);
    const repaired = { disk: disk('10.0.0.3', 10_000), generation: workers(3, 12_000) };
    assert.deepEqual(settle(repaired), [true, '10.0.0.3', 'changed']);
  });

  it('what seems broken and is older than all workers was accepted by nginx', () => {
    const generation = workers(1, 2000);
    const broken = disk('10.0.0.1', 1000, { isInvalid: true });
    const all = { disk: broken, generation, runningVersion: null, nowMs: 9000 };
    assert.deepEqual(settle({ disk: broken, generation }), [true, '10.0.0.1', null]);
    assert.equal(loaded.settle(all).isAccepted, true);
    loaded.reset();
    assert.deepEqual(settle({ disk: { ...broken, modifiedMs: 3000, changedMs: 3000 }, generation }), [
      false,
      null,
      null,
    ]);
    assert.equal(loaded.settle(all).isAccepted, true);
  });

  it('a disk that cannot be read leaves what these workers run, and nothing of later ones', () => {
    settle({ disk: disk('10.0.0.1', 1000), generation: workers(1, 2000) });
    assert.deepEqual(settle({ generation: workers(1, 2000) }), [null, '10.0.0.1', null]);
    assert.deepEqual(settle({ generation: workers(2, 4000) }), [null, null, null]);
    assert.deepEqual(settle({ disk: disk('10.0.0.2', 3000), generation: workers(2, 4000) }), [
      ...[true, '10.0.0.2', 'endpoints_only'],
    ]);
  });

  it('without processes the disk is used, unless it is broken, and a change counts as a reload', () => {
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 1000) }), [null, '10.0.0.1', null]);
    assert.deepEqual(settle({ disk: disk('10.0.0.1', 2000) }), [null, '10.0.0.1', null]);
    assert.deepEqual(settle({ disk: disk('10.0.0.2', 3000) }), [null, '10.0.0.2', 'endpoints_only']);
    assert.deepEqual(settle({ disk: disk('10.0.0.3', 4000, { isInvalid: true }) }), [false, '10.0.0.2', null]);
  });

  describe('with a version socket', () => {
    /** As the controller writes it: each configuration has its version. */
    const versioned = (server: string, ms: number, version: string): DiskConfig => {
      const one = disk(server, ms);
      return { ...one, content: { ...one.content, versionSocket: { socketPath: '/s', path: '/version', version } } };
    };

    it('decides without processes', () => {
      const [first, second] = [versioned('10.0.0.1', 1000, '1'), versioned('10.0.0.2', 2000, '2')];
      assert.deepEqual(settle({ disk: first, runningVersion: '1' }), [true, '10.0.0.1', null]);
      assert.deepEqual(settle({ disk: second, runningVersion: '1' }), [false, '10.0.0.1', null]);
      assert.deepEqual(settle({ disk: second, runningVersion: '2' }), [true, '10.0.0.2', 'endpoints_only']);
      assert.deepEqual(settle({ disk: versioned('10.0.0.3', 3000, '3') }), [null, '10.0.0.3', 'endpoints_only']);
    });

    it('decides of a lone worker, and for good of its generation', () => {
      const generation = workers(1, 2000, { isStartKnown: false });
      const one = versioned('10.0.0.1', 1990, '1');
      assert.deepEqual(settle({ disk: one, generation, runningVersion: '0' }), [false, null, null]);
      assert.deepEqual(settle({ disk: one, generation, runningVersion: '1' }), [true, '10.0.0.1', null]);
      assert.deepEqual(settle({ disk: one, generation }), [true, '10.0.0.1', null]);
    });

    it('tells that workers which came back together were not reloaded', () => {
      settle({ disk: versioned('10.0.0.1', 1000, '1'), generation: workers(1, 2000), runningVersion: '1' });
      const next = { disk: versioned('10.0.0.2', 3000, '2'), generation: workers(2, 4000) };
      assert.deepEqual(settle({ ...next, runningVersion: '1' }), [false, '10.0.0.1', null]);
      assert.deepEqual(settle({ ...next, generation: workers(3, 5000), runningVersion: '2' }), [
        ...[true, '10.0.0.2', 'endpoints_only'],
      ]);
    });
  });
});
