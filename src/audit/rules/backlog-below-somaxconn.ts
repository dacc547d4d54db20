import type { ConfListen } from '../../parse/nginx-conf-listen.ts';
import { type AuditRule, counted, type Finding, unchecked } from '../rule.ts';
import { addressText, DEFAULT_BACKLOG, listeningSockets } from '../sockets.ts';

const LOOPBACK = /^(127\.|::1$|localhost$)/;

export const backlogBelowSomaxconn: AuditRule = {
  name: 'backlog_below_somaxconn',
  severity: 'warning',
  summary: 'The backlog of a listening socket and net.core.somaxconn differ: the smaller one is the accept queue',
  needsWhole: true,
  *check({ settings, facts: { somaxconn } }) {
    const sockets = listeningSockets(settings.listens).filter(
      ({ host, port }) => port !== null && !LOOPBACK.test(host),
    );
    if (sockets.length === 0) return;
    if (!somaxconn.isKnown) {
      yield unchecked(somaxconn.why);
      return;
    }
    const limit = somaxconn.value;
    for (const [backlog, same] of Map.groupBy(sockets, (socket) => socket.backlog ?? DEFAULT_BACKLOG))
      if (backlog !== limit) yield finding(same, backlog, limit);
  },
};

function finding(same: readonly ConfListen[], backlog: number, limit: number): Finding {
  const [first] = same;
  const others = same.length === 1 ? '' : ` (and ${counted(same.length - 1, 'other socket')})`;
  const origin = first.backlog === null ? ' (the default)' : '';
  const listen = `listen ${addressText(first)}${others} has backlog ${backlog}${origin} and net.core.somaxconn is ${limit}`;
  const queue = `the accept queue holds ${Math.min(backlog, limit)}`;
  const place = { file: first.file, line: first.line };
  return backlog < limit
    ? {
        place,
        message: `${listen}: ${queue}, the backlog is what limits it`,
        fix: `listen ${addressText(first)} backlog=${limit};`,
      }
    : {
        place,
        message: `${listen}: ${queue}, the kernel cuts the backlog`,
        fix: `sysctl net.core.somaxconn=${backlog} in the network namespace of nginx, then restart nginx: a reload keeps the old queue`,
      };
}
