import { showInvisible } from '../http/html.ts';
import type { ProxyReport } from './report.ts';

const NO_NAME = '(no name)';
const GAP = '  ';
const MOST_PADDING = 60;

/** What goes down with one proxy: a headline, its hosts, and its upstreams with the hosts that need each. */
export function reportText({ name, gateway, hosts, upstreams, services, missing }: ProxyReport): string {
  const counts = [
    hosts === null ? 'hosts not known' : countOf(hosts.length, 'host'),
    countOf(upstreams.length, 'upstream'),
    countOf(services.length, 'Service'),
  ];
  const of = gateway === '' || name.endsWith(gateway) ? '' : ` (gateway ${gateway})`;
  const lines = [`${name}${of}: ${counts.join(', ')} go down with it`];
  for (const part of missing) lines.push(`not read: ${part}`);
  const tables = [
    tableOf(
      ['HOST', 'UPSTREAMS'],
      (hosts ?? []).map(({ host, upstreams: names, hasVariable }) => [
        host === '' ? NO_NAME : host,
        [...names, ...(hasVariable ? ['(known at run time)'] : [])].join(', ') || '-',
      ]),
    ),
    tableOf(
      ['UPSTREAM', 'SERVICE', 'SERVERS', 'HOSTS'],
      upstreams.map((one) => [
        one.name,
        one.service || '-',
        `${one.servers}`,
        one.hosts.map((host) => (host === '' ? NO_NAME : host)).join(', ') || '-',
      ]),
    ),
  ];
  return [`${lines.map(showInvisible).join('\n')}\n`, ...tables].filter(Boolean).join('\n');
}

/** Columns under their heads; '' without a row. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const all = [head, ...rows.map((row) => row.map(showInvisible))];
  const widths = head.map((_, at) => Math.max(...all.map((row) => Math.min(row[at].length, MOST_PADDING))));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at]))
          .join(GAP)
          .trimEnd()}\n`,
    )
    .join('');
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
