import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerInUse, UpstreamInUse } from '../../src/contract/upstream.ts';
import { MOST_SERVERS, MOST_UPSTREAMS, UpstreamList } from '../../src/parse/upstream-answer.ts';

const server = (host: string): ServerInUse => ({ kind: 'ip', host, port: 80, place: '', isDraining: false });
const listOf = (known: ReadonlyMap<string, UpstreamInUse> = new Map()) => new UpstreamList(known);

describe('UpstreamList', () => {
  it('keeps the object of an upstream that is as before, and makes a new one of any other', () => {
    const before = listOf();
    for (const name of ['same', 'longer', 'moved', 'draining']) before.add(name, [server('10.0.0.1')]);
    const after = listOf(before.upstreams);
    after.add('same', [server('10.0.0.1')]);
    after.add('longer', [server('10.0.0.1'), server('10.0.0.2')]);
    after.add('moved', [server('10.0.0.3')]);
    after.add('draining', [{ ...server('10.0.0.1'), isDraining: true }]);
    const isSame = (name: string) => after.upstreams.get(name) === before.upstreams.get(name);
    assert.deepEqual(['same', 'longer', 'moved', 'draining'].map(isSame), [true, false, false, false]);
  });

  it('takes the last of two with a name, and counts', () => {
    const list = listOf();
    list.add('a', [server('10.0.0.1')]);
    list.add('a', [server('10.0.0.2')]);
    assert.deepEqual(list.upstreams.get('a')?.servers, [server('10.0.0.2')]);
    assert.deepEqual(list.skipped, { invalid: 0, duplicate: 1, limit: 0 });
  });

  it('refuses names that are none', () => {
    const list = listOf();
    for (const name of ['', 'a\nb', 'a\u007f', 'x'.repeat(1025)]) list.add(name, []);
    list.add('unreadable', null);
    assert.deepEqual([list.upstreams.size, list.skipped.invalid], [0, 5]);
  });

  it('takes so many upstreams and so many servers, each whole or not at all', () => {
    const many = listOf();
    for (let at = 0; at <= MOST_UPSTREAMS; at++) many.add(`u${at}`, []);
    assert.deepEqual([many.upstreams.size, many.skipped.limit], [MOST_UPSTREAMS, 1]);
    const large = listOf();
    const servers = Array<ServerInUse>(MOST_SERVERS - 1).fill(server('10.0.0.1'));
    large.add('a', servers);
    large.add('b', servers.slice(0, 2));
    large.add('c', servers.slice(0, 1));
    assert.deepEqual([[...large.upstreams.keys()], large.skipped.limit], [['a', 'c'], 1]);
    assert.deepEqual([large.hasRoomFor(0), large.hasRoomFor(1)], [true, false]);
    // What takes the place of another counts instead of it.
    large.add('a', []);
    assert.ok(large.hasRoomFor(MOST_SERVERS - 1));
  });
});
