import type { Fact } from './fact.ts';

/**
 * Since 1.29.7 nginx keeps connections to upstreams and speaks HTTP/1.1 with them unless told otherwise; before, HTTP/1.0 and
 * `Connection: close` were the default (CHANGES of nginx 1.29.7).
 */
export type KeepaliveDefault = 'on' | 'off' | 'unknown';

const FIRST_WITH_KEEPALIVE = [1, 29, 7];

export function keepaliveDefault(version: Fact<string>): KeepaliveDefault {
  const numbers = version.isKnown ? /^(\d+)\.(\d+)\.(\d+)/.exec(version.value)?.slice(1).map(Number) : undefined;
  if (numbers === undefined) return 'unknown';
  const at = numbers.findIndex((number, index) => number !== FIRST_WITH_KEEPALIVE[index]);
  return at < 0 || numbers[at] > FIRST_WITH_KEEPALIVE[at] ? 'on' : 'off';
}
