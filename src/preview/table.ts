import { type Html, html } from '../http/html.ts';
import { namedColor } from './colors.ts';
import { colorAt } from './dashboard.ts';
import type { PanelData } from './query.ts';
import type { Size } from './size.ts';
import { formatValue } from './units.ts';

type Row = ReadonlyMap<string, string | number>;
const ROW_PX = 24;

/** Rows of labels with one value, or one for each query, joined by their labels. */
export function tablePanel(data: PanelData, size: Size): Html {
  const { table } = data.panel;
  const rows = sorted(rowsOf(data), data);
  const named = (column: string) => table.names[column] ?? column;
  // Grafana shows columns that nothing fills too; only those of labels are left out here.
  const columns = table.order.filter(
    (column) => column.startsWith('Value') || rows.some((row) => (row.get(column) ?? '') !== ''),
  );
  const most = Math.max(1, Math.floor(size.height / ROW_PX) - 1);
  const shown = rows.length > most ? rows.slice(0, most - 1) : rows;
  const widths = columns.map((column) => widthOf(column, named(column), shown));
  const all = widths.reduce((sum, width) => sum + width, 0);
  const cols = widths.map((width) => html`<col style="width:${((100 * width) / all).toFixed(1)}%">`);
  return html`<table><colgroup>${cols}</colgroup><tr>${columns.map((column) => html`<th>${named(column)}</th>`)}</tr>${shown.map(
    (row) => html`<tr>${columns.map((column) => cell(row.get(column), named(column), data))}</tr>`,
  )}${rows.length > shown.length && html`<tr><td colspan="${columns.length}">and ${rows.length - shown.length} more</td></tr>`}</table>`;
}

/** In characters, so that what is long gets more room. */
function widthOf(column: string, name: string, rows: readonly Row[]): number {
  const longest = Math.max(...rows.map((row) => String(row.get(column) ?? '').length));
  return column.startsWith('Value')
    ? Math.max(10, name.length + 2)
    : Math.min(34, Math.max(7, name.length * 0.8, longest)) + 2;
}

function cell(value: string | number | undefined, name: string, { panel }: PanelData): Html {
  if (typeof value !== 'number') return html`<td>${value ?? ''}</td>`;
  const { unit = panel.unit, steps = name === 'Value' ? panel.steps : [] } = panel.table.styles[name] ?? {};
  const color = colorAt(steps, value);
  return html`<td class="figure" style="color:${color === '' ? 'inherit' : namedColor(color)}">${formatValue(value, unit)}</td>`;
}

function rowsOf({ answers }: PanelData): Row[] {
  const rows = new Map<string, Map<string, string | number>>();
  answers.forEach(({ series }, at) => {
    const column = answers.length === 1 ? 'Value' : `Value #${String.fromCharCode(65 + at)}`;
    for (const { labels, points } of series) {
      const key = JSON.stringify(Object.entries(labels).toSorted());
      const row = rows.get(key) ?? new Map<string, string | number>(Object.entries(labels));
      const value = [...points.values()].at(-1);
      if (value !== undefined) row.set(column, value);
      rows.set(key, row);
    }
  });
  return [...rows.values()];
}

function sorted(rows: readonly Row[], { panel: { table } }: PanelData): readonly Row[] {
  if (table.sortBy === null) return rows;
  const { name, isDescending } = table.sortBy;
  const column = Object.entries(table.names).find(([, shown]) => shown === name)?.[0] ?? name;
  const rank = (row: Row) => Number(row.get(column) ?? -Infinity) * (isDescending ? -1 : 1);
  return rows.toSorted((a, b) => rank(a) - rank(b) || 0);
}
