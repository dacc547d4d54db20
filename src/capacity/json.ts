import type { Row } from './history.ts';
import { type CapacityReport, subjectOf } from './report.ts';
import { settingWords } from './words.ts';

/** The report for programs (docs/capacity-report.md has its shape). */
export function jsonOf({ place, window, rows, missing, actions, notes, queries, points }: CapacityReport): string {
  const end = new Date(window.endSeconds * 1000).toISOString();
  return JSON.stringify({
    prometheus: place,
    window: { days: window.days, end, match: window.matchers },
    actions: actions.map((action) => ({
      ...{ resource: action.row.resource.id, subject: subjectOf(action.row.labels), labels: action.row.labels },
      ...{
        urgency: action.urgency,
        why: action.why,
        setting: settingWords(action),
        value: action.value,
        cost: action.cost,
      },
    })),
    rows: rows.map(rowOf),
    missing: missing.map(({ resource, why }) => ({ resource: resource.id, why })),
    ...{ notes, queries, points },
  });
}

function rowOf({ resource, labels, days, weekPeak, limit, largestLimit, losses, forecast, isShare }: Row) {
  const { daysLeft } = forecast;
  // JSON knows no infinity: null is never.
  const bounds = daysLeft && { ...daysLeft, most: Number.isFinite(daysLeft.most) ? daysLeft.most : null };
  return {
    ...{ resource: resource.id, subject: subjectOf(labels), labels, unit: isShare ? 'share' : resource.unit },
    ...{ weekPeak, limit, largestLimit, losses, forecast: { ...forecast, daysLeft: bounds } },
    days: days.map(({ peak }) => peak),
  };
}
