import { isIPv4, isIPv6 } from 'node:net';

/** IPv4 addresses that are written as IPv6: `::ffff:10.0.0.1` as the URL parser writes it, `::ffff:a00:1`. */
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

const MOST_KNOWN = 1_000;
/** An address with a zone. */
const LONGEST_KNOWN = 64;
/** Answers about all but IPv4: the URL parser takes longer than a rule. */
const longer = new Map<string, string | null>();
/** The last answer: whatever is done about a failure asks it of the same peer again. */
let lastText = '';
let lastCanonical: string | null = null;

/**
 * One text per address, so that texts can be compared: IPv6 in lower case with the longest run of zeros cut out (RFC 5952),
 * an IPv4-mapped one as IPv4, no zone. Null when it is no address; brackets are the caller's.
 */
export function canonicalIp(text: string): string | null {
  if (lastText !== text) {
    lastCanonical = canonicalOf(text);
    lastText = text;
  }
  return lastCanonical;
}

function canonicalOf(text: string): string | null {
  if (isIPv4(text)) return text;
  const known = longer.get(text);
  if (known !== undefined) return known;
  const canonical = canonicalOfLonger(text);
  if (longer.size >= MOST_KNOWN) longer.clear();
  if (text.length <= LONGEST_KNOWN) longer.set(text, canonical);
  return canonical;
}

function canonicalOfLonger(text: string): string | null {
  const percent = text.indexOf('%');
  const address = percent < 0 ? text : text.slice(0, percent);
  if (!isIPv6(address)) return null;
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = MAPPED.exec(canonical);
  if (mapped === null) return canonical;
  const [high, low] = [Number.parseInt(mapped[1], 16), Number.parseInt(mapped[2], 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Whether a canonical address reaches only its own network namespace. */
export function isLoopbackIp(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}

/** Whether a socket at this canonical address listens on all addresses of its family; `::` mostly on those of both. */
export function isAnyIp(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::';
}
