import { netnsMissing } from '../support/netns.ts';
import { skipWithout } from '../support/programs.ts';

export const skip = netnsMissing() || skipWithout('nginx');

/** Listens on `host port` of each argument; with none it only lives. */
export const SERVER = `let left = process.argv.length - 1; const up = () => --left > 0 || console.log('ready'); setInterval(() => {}, 1e6);
  if (left === 0) up(); for (const one of process.argv.slice(1)) { const [host, port] = one.split(' ');
  require('net').createServer().listen({ host, port: Number(port), ipv6Only: one.endsWith('only') }, up); }`;
