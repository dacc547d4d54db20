import { isRemote, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';

/**
 * Who rejects packets by ICMP tells but a few of many senders: the other attempts wait until their time is over. They are charged to what
 * those that were told so at the same moment came to. A closed port is no such thing: each SYN to it is answered by a RST.
 */
export const connectTimeout: CauseRule = {
  cause: 'connect_timeout',
  symptoms: new Set(['connect_timeout']),
  judge(of, facts) {
    if (of.proxy !== 'nginx' || !isRemote(of)) return null;
    const rejected = facts.rejected(of);
    if (!rejected.isKnown) return unproved(rejected);
    if (rejected.value.length === 0) return null;
    const isRefused = rejected.value.some(({ cause }) => cause === 'connection_refused');
    if (!isRefused) return { charges: rejected.value };
    const listener = facts.listener(of);
    if (!listener.isKnown) return unproved(listener);
    return listener.value.state === 'listening' ? { charges: rejected.value } : null;
  },
};
