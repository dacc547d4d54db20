import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { FibTrieReader, parseIfInet6 } from '../../../src/sources/node/own-addresses.ts';

/** From a machine with one interface, 192.0.2.2/30 (kernel 6.18). */
const TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     +-- 192.0.2.0/24 2 0 2
        +-- 192.0.2.0/30 2 0 2
           |-- 192.0.2.0
              /24 link UNICAST
           |-- 192.0.2.2
              /32 link UNICAST
              /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
`;

/** In pieces that end anywhere. */
function parseFibTrie(text: string, length = 7): ReadonlySet<string> {
  const reader = new FibTrieReader();
  for (let at = 0; at < text.length; at += length) reader.push(text.slice(at, at + length));
  return reader.found;
}

test("IPv4: the namespace's own, not networks, broadcasts and loopback; one that stands in two tables once", () => {
  assert.deepEqual([...parseFibTrie(TRIE + TRIE.replace('Main', 'Local'))], ['192.0.2.2']);
  assert.deepEqual([...parseFibTrie('')], []);
});

test('IPv6: canonical, without loopback and link-local', () => {
  const text = `00000000000000000000000000000001 01 80 10 80       lo
fe8000000000000000fc00fffe000001 04 40 20 80     eth0
fd000000000000000000000000000002 04 40 00 82     eth0
20010db8000000000000000a00000001 05 40 00 80     eth1
what is this
`;
  assert.deepEqual([...parseIfInet6(text)], ['fd00::2', '2001:db8::a:0:1']);
});

test('the real kernel says the same as the system call', {
  skip: process.platform !== 'linux' && 'needs Linux',
}, () => {
  const ofSystem = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address, family }) => family === 'IPv4' && !internal && !address.startsWith('127.'))
    .map(({ address }) => address);
  assert.deepEqual(
    [...parseFibTrie(readFileSync('/proc/self/net/fib_trie', 'utf8'))].sort(),
    [...new Set(ofSystem)].sort(),
  );
});
