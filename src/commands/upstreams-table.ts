import { showInvisible } from '../http/html.ts';
import { formatAge } from '../http/page-time.ts';
import { bySeverity, gatewayText } from '../http/upstream-words.ts';
import type { UpstreamsAnswer } from './upstreams-answer.ts';

const HEAD = ['PROXY', 'GATEWAY', 'UPSTREAM', 'SERVICE', 'ADDRESS', 'STATE', 'SINCE', 'FILE:LINE', 'OWNER'];
/** Columns that may be cut, and of a place the start: its end is the line. */
const SHRINKABLE = new Set(['GATEWAY', 'UPSTREAM', 'SERVICE', 'FILE:LINE', 'OWNER']);
const LEAST_WIDTH = 8;
/** A longer text is not what the others are aligned by. */
const MOST_PADDING = 80;
const GAP = 2;

/**
 * One line for each address, those that should not be in use first. `width`: columns of the terminal, texts are cut to
 * fit; null cuts nothing.
 */
export function upstreamsTable(answer: UpstreamsAnswer, width: number | null): string {
  const rows = [HEAD, ...rowsOf(answer)];
  if (rows.length === 1) return '';
  const widths = HEAD.map((_, column) =>
    rows.reduce((most, row) => Math.max(most, Math.min(row[column].length, MOST_PADDING)), 0),
  );
  if (width !== null) shrink(widths, width);
  return rows.map((row) => `${lineOf(row, widths, width !== null)}\n`).join('');
}

function rowsOf({ gateways, at }: UpstreamsAnswer): string[][] {
  const nowMs = Date.parse(at);
  const all = gateways.flatMap(({ proxy, subject, upstreams }) =>
    upstreams.flatMap(({ name, service, addresses }) =>
      addresses.map(({ address, state, why, since, place, owner }) => ({
        state,
        since,
        cells: [
          proxy,
          gatewayText(subject),
          name,
          service === null ? '' : `${service.namespace}/${service.name}:${service.port}`,
          address,
          state === '' ? `(${why})` : state,
          since === null ? '' : formatAge(nowMs - Date.parse(since)),
          place,
          owner === null ? '' : owner.isCurrent ? owner.pod : `${owner.pod} (gone)`,
        ],
      })),
    ),
  );
  return all.sort(bySeverity).map(({ cells }) => cells.map((cell) => (cell === '' ? '-' : showInvisible(cell))));
}

/** Takes from the widest until the line fits, or nothing is left to take. */
function shrink(widths: number[], width: number): void {
  const total = () => widths.reduce((sum, one) => sum + one + GAP, -GAP);
  while (total() > width) {
    let widest = -1;
    for (const [column, name] of HEAD.entries())
      if (SHRINKABLE.has(name) && (widest < 0 || widths[column] > widths[widest])) widest = column;
    if (widths[widest] <= LEAST_WIDTH) return;
    widths[widest]--;
  }
}

function lineOf(row: readonly string[], widths: readonly number[], isCut: boolean): string {
  const cells = row.map((cell, column) => {
    const width = widths[column];
    if (!isCut || cell.length <= width || !SHRINKABLE.has(HEAD[column])) return cell.padEnd(width);
    return HEAD[column] === 'FILE:LINE' ? `…${cell.slice(cell.length - width + 1)}` : `${cell.slice(0, width - 1)}…`;
  });
  return cells.join(' '.repeat(GAP)).trimEnd();
}
