import assert from 'node:assert/strict';
import { it } from 'node:test';
import { gapRig } from './gap-rig.ts';
import { type Moment, truthOf } from './gap-truth.ts';
import { endpoint } from './slices.ts';

const IPS = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
const UPSTREAMS = ['cart', 'cart_1'];
const SLICES = ['a', 'b'];
const RUNS = 60;
const EVENTS = 120;
/** One moment after another, mostly; now and then a minute and more. */
const STEPS_MS = [0, 0, 1, 250, 1000, 5000, 20_000, 59_999, 60_000, 60_001];

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function run(seed: number): { found: string[]; truth: string[] } {
  const random = randomOf(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  const some = (of: readonly string[]) => of.filter(() => random() < 0.5);
  const rig = gapRig();
  const ready = new Map(SLICES.map((key) => [key, some(IPS)]));
  const used = new Map<string, readonly string[] | null>(UPSTREAMS.map((name) => [name, some(IPS)]));
  const histories = new Map<string, Moment[]>();
  const note = () => {
    for (const name of UPSTREAMS)
      for (const ip of IPS) {
        const history = histories.get(`${name} ${ip}`) ?? [];
        const isLive = [...ready.values()].some((ips) => ips.includes(ip));
        const uses = used.get(name) ?? null;
        history.push({ atMs: rig.now(), isPresent: uses !== null, isUsed: uses?.includes(ip) === true, isLive });
        histories.set(`${name} ${ip}`, history);
      }
  };
  const report = () => {
    const there = [...used].filter(([, ips]) => ips !== null);
    rig.uses(Object.fromEntries(there.map(([name, ips]) => [name, ips!.map((ip) => `${ip}:8080`)])));
  };
  const write = (key: string) => {
    const isGone = () => random() < 0.5;
    const others = IPS.filter((ip) => !ready.get(key)!.includes(ip) && isGone());
    rig.slices(
      [...ready.get(key)!.map((ip) => endpoint(ip)), ...others.map((ip) => endpoint(ip, { ready: false }))],
      key,
    );
  };
  for (const key of SLICES) write(key);
  rig.current();
  report();
  note();
  for (let event = 0; event < EVENTS; event++) {
    rig.step(pick(STEPS_MS));
    rig.current();
    if (random() < 0.5) rig.gaps.look();
    if (random() < 0.5) {
      const key = pick(SLICES);
      ready.set(key, some(IPS));
      write(key);
      report();
    } else {
      used.set(pick(UPSTREAMS), random() < 0.1 ? null : some(IPS));
      report();
    }
    note();
  }
  const truth = [...histories.values()].flatMap(truthOf);
  const isMeasured = (word: string) => !word.startsWith('propagation?');
  return { found: rig.found().filter(isMeasured).sort(), truth: truth.sort() };
}

it('finds what the definitions say, whatever slices and proxies do', () => {
  const words = new Set<string>();
  for (let seed = 1; seed <= RUNS; seed++) {
    const { found, truth } = run(seed);
    assert.deepEqual(found, truth, `seed ${seed}`);
    for (const word of found) words.add(word.replace(/\d\d+|[1-9]/, 'n'));
  }
  const all = [
    'death 0',
    'death 0 clamped',
    'death n',
    'death? not_seen',
    'flap',
    'propagation 0',
    'propagation 0 clamped',
  ];
  assert.deepEqual([...words].sort(), [...all, 'propagation n'].sort());
});
