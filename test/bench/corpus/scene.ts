import type { Random } from './random.ts';

/** The gateway that the corpus pretends to watch: pods, hosts, sockets and the two spellings of errno texts. */

const ERRNO_TEXTS: Readonly<Record<number, readonly [glibc: string, musl: string]>> = {
  2: ['No such file or directory', 'No such file or directory'],
  5: ['Input/output error', 'I/O error'],
  11: ['Resource temporarily unavailable', 'Resource temporarily unavailable'],
  13: ['Permission denied', 'Permission denied'],
  24: ['Too many open files', 'No file descriptors available'],
  32: ['Broken pipe', 'Broken pipe'],
  99: ['Cannot assign requested address', 'Address not available'],
  101: ['Network is unreachable', 'Network unreachable'],
  104: ['Connection reset by peer', 'Connection reset by peer'],
  105: ['No buffer space available', 'No buffer space available'],
  110: ['Connection timed out', 'Operation timed out'],
  111: ['Connection refused', 'Connection refused'],
  113: ['No route to host', 'Host is unreachable'],
};

/** 192 IPv4 pods and 8 IPv6 pods (4 %), written as nginx writes a peer. */
export const PODS: readonly string[] = Array.from({ length: 200 }, (_, i) => {
  const port = [8080, 80, 3000, 9000, 8443][i % 5];
  return i % 25 === 24 ? `[fd00:10:244:${i}::${i + 16}]:${port}` : `10.244.${i % 12}.${i + 20}:${port}`;
});

export const HOSTS: readonly string[] = Array.from(
  { length: 20 },
  (_, i) => `${['shop', 'api', 'auth', 'media', 'search'][i % 5]}${i}.example.com`,
);

export const SOCKETS = [
  '/run/php/php-fpm.sock',
  '/run/app/unicorn.sock',
  '/var/run/nginx/nginx-503-server.sock',
] as const;
export const BLOCKS = ['shop_cart_8080', 'api-backend', 'default-auth-svc-80', 'media_pool'] as const;

/** One line's surroundings; reused from line to line. */
export class Draw {
  readonly random: Random;
  musl = false;
  pod = '';
  host = '';

  constructor(random: Random) {
    this.random = random;
  }

  next(): void {
    this.musl = this.random.chance(0.5);
    this.pod = this.random.pick(PODS);
    this.host = this.random.pick(HOSTS);
  }

  /** ` (111: Connection refused)` in the spelling of this line's libc. */
  errno(number: number): string {
    return ` (${number}: ${ERRNO_TEXTS[number][this.musl ? 1 : 0]})`;
  }
}
