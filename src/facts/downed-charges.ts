import type { UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause } from '../contract/names.ts';
import { addressText } from './endpoint-states.ts';
import type { Charge } from './facts.ts';

const MOST_EVIDENCE = 3;

/** Failures of one peer with one cause, in the time that is asked about. */
export interface DownedPeer {
  readonly cause: Cause;
  /** `addressKey` of the peer. */
  readonly peer: string;
  readonly count: number;
  /** When the first of them happened, milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly evidence: readonly string[];
}

/** What a storm is charged to, the cause of most failures first. `upstream` is the one that stormed, `name` what its proxy calls it. */
export function chargesOf(downed: readonly DownedPeer[], upstream: UpstreamIdentity, name: string): Charge[] {
  const byCause = new Map<Cause, DownedPeer[]>();
  for (const one of [...downed].sort((one, other) => one.sinceMs - other.sinceMs)) {
    const known = byCause.get(one.cause);
    if (known === undefined) byCause.set(one.cause, [one]);
    else known.push(one);
  }
  const charges = [...byCause].map(([cause, all]) => {
    const weight = all.reduce((sum, { count }) => sum + count, 0);
    const peers = [...new Set(all.map(({ peer }) => textOf(peer)))];
    const more = peers.length > MOST_EVIDENCE ? ` and ${peers.length - MOST_EVIDENCE} more` : '';
    const said = `${weight} ${weight === 1 ? 'failure' : 'failures'} of ${peers.slice(0, MOST_EVIDENCE).join(', ')}${more} before took the peers of ${name || 'the upstream'} out (${cause.replaceAll('_', ' ')})`;
    return { cause, upstream, weight, evidence: [said, ...all.at(-1)!.evidence.slice(0, MOST_EVIDENCE)] };
  });
  return charges.sort((one, other) => other.weight - one.weight);
}

/** `10.0.0.1:80` of an `addressKey`. */
function textOf(key: string): string {
  const space = key.startsWith('/') ? -1 : key.lastIndexOf(' ');
  return space < 0 ? key : addressText({ ip: key.slice(0, space), port: Number(key.slice(space + 1)) });
}
