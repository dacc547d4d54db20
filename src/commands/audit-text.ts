import type { AuditResult, ListedFinding } from '../audit/findings.ts';
import type { Inventory, InventoryUpstream, InventoryValue } from '../audit/inventory.ts';
import { counted, placeText } from '../audit/rule.ts';
import { showInvisible } from '../http/html.ts';
import type { Audited } from './audit.ts';
import type { AuditedWorkloads } from './audit-kubernetes.ts';

/** More stand in --json. */
const MOST_LISTED = 50;
const IMPLICIT = 'implicit:';

/** What the command prints of one configuration: findings, what could not be checked, then the settings it found. */
export function auditText({ name, gateway, result, inventory, missing }: Audited): string {
  const title = gateway === '' ? name : `${name} (gateway ${gateway})`;
  const lines = [title, '', ...resultLines(result, missing), '', ...inventoryLines(inventory)];
  return lines.map((line) => `${showInvisible(line)}\n`).join('');
}

/** What the command prints of workloads in Kubernetes. */
export function workloadsText({ name, result, workloads, withoutService }: AuditedWorkloads): string {
  const left = withoutService === 0 ? '' : `; ${withoutService} without a Service left out`;
  const lines = [`${name}: ${counted(workloads, 'workload')}${left}`, '', ...resultLines(result, []), ''];
  return lines.map((line) => `${showInvisible(line)}\n`).join('');
}

function resultLines({ findings, unchecked, omitted, counts }: AuditResult, missing: readonly string[]): string[] {
  const clean = [...counts.values()].filter(({ info, warning }) => info + warning === 0).length;
  return [
    ...findings.flatMap(findingLines),
    ...(findings.length === 0 ? [`nothing found${missing.length > 0 ? ' in what could be read' : ''}`, ''] : []),
    ...(omitted > 0 ? [`${omitted} more findings of the same rules are not listed.`, ''] : []),
    `${counted(clean, 'rule')} found nothing.`,
    ...missing.slice(0, MOST_LISTED).map((part) => `not read: ${part}`),
    ...unchecked.map(({ rule, why }) => `not checked: ${rule} (${why})`),
  ];
}

export function pageOf(rule: string): string {
  return `docs/audit/${rule}.md`;
}

function findingLines({ rule, severity, place, message, fix }: ListedFinding): string[] {
  return [
    `${severity.padEnd(7)}  ${placeText(place)}`,
    `  ${message}`,
    `  fix:   ${fix}`,
    `  about: ${rule}, ${pageOf(rule)}`,
    '',
  ];
}

function inventoryLines({ main, listens, upstreams, caches }: Inventory): string[] {
  const rows = [
    ...listens.map(({ address, backlog, isDefaultBacklog, effectiveBacklog }) => {
      const queue = effectiveBacklog === null ? '' : `, effective ${effectiveBacklog}`;
      return `  listen ${address}: backlog ${backlog}${isDefaultBacklog ? '*' : ''}${queue}`;
    }),
    ...upstreams.flatMap(upstreamLines),
    ...caches.map(({ directive, path, file, line }) => `  ${directive} ${path}, ${file}:${line}`),
  ];
  return [
    'Settings (* nginx’s default):',
    `  ${pairs(main)}`,
    ...rows.slice(0, MOST_LISTED),
    ...(rows.length > MOST_LISTED ? [`  and ${rows.length - MOST_LISTED} more lines: see --json`] : []),
    '',
  ];
}

function upstreamLines(upstream: InventoryUpstream): string[] {
  const { name, module, balancing, servers, weight, max_fails, fail_timeout_seconds, block, places, proxy } = upstream;
  const own =
    module === 'http' && places > 0
      ? Object.entries(proxy).map(([key, values]) => `${key} ${values.map(valueText).join(' | ')}`)
      : [];
  const parameters = `weight ${weight.join('/')}, max_fails ${max_fails.join('/')}, fail_timeout ${fail_timeout_seconds.join('/')}s`;
  // What a proxy_pass names itself has no name of its own.
  const title = name.startsWith(IMPLICIT) ? `address ${name.slice(IMPLICIT.length)}` : `upstream ${name}`;
  const first = `  ${title}, ${upstream.file}:${upstream.line}: ${[balancing, `${counted(servers, 'server')}${servers > 0 ? ` with ${parameters}` : ''}`, ...(Object.keys(block).length > 0 ? [pairs(block)] : [])].join(', ')}`;
  return own.length === 0 ? [first] : [first, `    where it is used (${places}): ${own.join(', ')}`];
}

function pairs(values: Readonly<Record<string, InventoryValue>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${valueText(value)}`)
    .join(', ');
}

function valueText({ value, isDefault }: InventoryValue): string {
  return `${value}${isDefault ? '*' : ''}`;
}
