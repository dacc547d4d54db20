/** `|-- 10.0.0.7` of fib_trie, and of the lines below it one that says it is this namespace's own (fib_trie_seq_show in net/ipv4/fib_trie.c). */
const LEAF = /^\s*\|-- (\d{1,3}(?:\.\d{1,3}){3})$/;
const OWN = /^\s*\/32 host LOCAL$/;
/** Address, index of the device, length of the prefix, scope, flags, device (if6_seq_show in net/ipv6/addrconf.c). */
const IPV6 = /^([0-9a-f]{32}) [0-9a-f]+ [0-9a-f]+ ([0-9a-f]{2}) /;
/** IPV6_ADDR_LOOPBACK and IPV6_ADDR_LINKLOCAL of include/net/ipv6.h. */
const NOT_OF_NETWORK = new Set(['10', '20']);

/**
 * Addresses of a network namespace by its `net/fib_trie`, in pieces as they come; canonical, without loopback. Service addresses of kube-proxy's
 * IPVS mode are among the node's, so that it may be long.
 */
export class FibTrieReader {
  readonly found = new Set<string>();
  #leaf = '';
  #rest = '';

  push(piece: string): void {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const address = LEAF.exec(line)?.[1];
      if (address !== undefined) this.#leaf = address;
      else if (OWN.test(line) && this.#leaf !== '' && !this.#leaf.startsWith('127.')) this.found.add(this.#leaf);
    }
  }
}

/** Addresses of a network namespace by its `net/if_inet6`, canonical (RFC 5952), without loopback and link-local ones. */
export function parseIfInet6(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const line of text.split('\n')) {
    const match = IPV6.exec(line);
    if (match === null || NOT_OF_NETWORK.has(match[2])) continue;
    const groups = match[1].match(/.{4}/g)?.join(':');
    found.add(new URL(`http://[${groups}]`).hostname.slice(1, -1));
  }
  return found;
}
