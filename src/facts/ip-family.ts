const IPV4 = 1;
const IPV6 = 2;

/** A bit for each family, so that those of many addresses are one number; `ip` is canonical. */
export function familyOf(ip: string): number {
  return ip.includes(':') ? IPV6 : IPV4;
}
