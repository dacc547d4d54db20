/** Knows peers by their addresses, as WebAssembly text. */
import {
  LONGEST_PEER,
  PEER_KEY,
  PEER_LENGTH,
  PEER_NEIGHBOURS,
  PEER_NUMBER,
  PEER_SLOT_BITS,
  PEER_SLOT_BYTES,
  PEERS_AT,
  SHORTEST_PEER,
} from '../src/parse/many-lines-layout.ts';

/** Bytes that are hashed and compared at a time; the last ones overlap those before. */
const WORD = 8;
const MIXER = '0x9e3779b97f4a7c15';

/** Sets $i to 0, 8, 16 and so on, then to the last word's place, and does `step` with each; `step` leaves by a jump or goes on. */
const eachWord = (step: string) => `
    (local.set $i (i32.const 0))
    (loop $next
      ${step}
      (if (i32.lt_s (local.get $i) (local.get $last)) (then
        (local.set $i (i32.add (local.get $i) (i32.const ${WORD})))
        (if (i32.gt_s (local.get $i) (local.get $last)) (then (local.set $i (local.get $last))))
        (br $next))))`;

/** Of an address of SHORTEST_PEER to LONGEST_PEER bytes at $at: the first of its slots. */
const HOME = `(func $home (param $at i32) (param $length i32) (result i32)
    (local $i i32) (local $last i32) (local $hash i64)
    (local.set $hash (i64.extend_i32_u (local.get $length)))
    (local.set $last (i32.sub (local.get $length) (i32.const ${WORD})))
    ${eachWord(`(local.set $hash (i64.mul
        (i64.xor (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 32)))
          (i64.load (i32.add (local.get $at) (local.get $i))))
        (i64.const ${MIXER})))`)}
    (i32.mul (i32.const ${PEER_SLOT_BYTES}) (i32.wrap_i64 (i64.shr_u (local.get $hash) (i64.const ${64 - PEER_SLOT_BITS})))))`;

/** Whether the slot has the address. */
const HAS = `(func $has (param $slot i32) (param $at i32) (param $length i32) (result i32)
    (local $i i32) (local $last i32)
    (if (i32.ne (i32.load offset=${PEERS_AT + PEER_LENGTH} (local.get $slot)) (local.get $length))
      (then (return (i32.const 0))))
    (local.set $last (i32.sub (local.get $length) (i32.const ${WORD})))
    ${eachWord(`(if (i64.ne (i64.load offset=${PEERS_AT + PEER_KEY} (i32.add (local.get $slot) (local.get $i)))
          (i64.load (i32.add (local.get $at) (local.get $i))))
        (then (return (i32.const 0))))`)}
    (i32.const 1))`;

/** Jumps out of `$label` with $slot at the first neighbour for which `condition` holds. */
const eachNeighbour = (label: string, condition: string) =>
  Array.from(
    { length: PEER_NEIGHBOURS },
    (_, neighbour) => `
      (local.set $slot (i32.add (local.get $home) (i32.const ${neighbour * PEER_SLOT_BYTES})))
      (br_if ${label} ${condition})`,
  ).join('');

const IS_NO_LENGTH = `(i32.gt_u (i32.sub (local.get $length) (i32.const ${SHORTEST_PEER})) (i32.const ${LONGEST_PEER - SHORTEST_PEER}))`;

/** Number of the peer whose address is [start, end) of the block; 0: it is not known. */
const PEER_OF = `(func $peer (param $start i32) (param $end i32) (result i32)
    (local $length i32) (local $home i32) (local $slot i32)
    (local.set $length (i32.sub (local.get $end) (local.get $start)))
    (if ${IS_NO_LENGTH} (then (return (i32.const 0))))
    (local.set $home (call $home (local.get $start) (local.get $length)))
    (block $found
      ${eachNeighbour('$found', '(call $has (local.get $slot) (local.get $start) (local.get $length))')}
      (return (i32.const 0)))
    (i32.load offset=${PEERS_AT + PEER_NUMBER} (local.get $slot)))`;

/** `learn(start, end, peer)`: `peer`, not 0, has the address [start, end) of the block. Where there is no room another one is forgotten. */
const LEARN = `(func (export "learn") (param $start i32) (param $end i32) (param $peer i32)
    (local $length i32) (local $home i32) (local $slot i32)
    (local.set $length (i32.sub (local.get $end) (local.get $start)))
    (if ${IS_NO_LENGTH} (then (return)))
    (local.set $home (call $home (local.get $start) (local.get $length)))
    (block $place
      ${eachNeighbour('$place', '(call $has (local.get $slot) (local.get $start) (local.get $length))')}
      ${eachNeighbour('$place', `(i32.eqz (i32.load offset=${PEERS_AT + PEER_LENGTH} (local.get $slot)))`)}
      (local.set $slot (local.get $home)))
    (i32.store offset=${PEERS_AT + PEER_LENGTH} (local.get $slot) (local.get $length))
    (i32.store offset=${PEERS_AT + PEER_NUMBER} (local.get $slot) (local.get $peer))
    (memory.copy (i32.add (local.get $slot) (i32.const ${PEERS_AT + PEER_KEY})) (local.get $start) (local.get $length)))`;

export const PEERS = [HOME, HAS, PEER_OF, LEARN].join('\n  ');
