import type { PrometheusSeries } from '../capacity/prometheus.ts';
import type { PreviewDashboard, PreviewPanel, PreviewTarget } from './dashboard.ts';

/** What of a PrometheusClient is asked. */
export interface Asked {
  range(query: string, times: Window): Promise<PrometheusSeries[]>;
  instant(query: string, atSeconds: number): Promise<PrometheusSeries[]>;
}

export interface Window {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

export interface Settings {
  readonly window: Window;
  /** Grafana's default is 15 s: `$__rate_interval` is four times it, at least. */
  readonly scrapeSeconds: number;
  /** Variable → value; all others are at "All". */
  readonly variables: Readonly<Record<string, string>>;
}

/** What one query of a panel gave. */
export interface Answered {
  readonly target: PreviewTarget;
  readonly series: readonly PrometheusSeries[];
  /** Why there is nothing; empty otherwise. */
  readonly problem: string;
}

export interface PanelData {
  readonly panel: PreviewPanel;
  readonly answers: readonly Answered[];
}

export interface Mark {
  readonly name: string;
  readonly atSeconds: number;
}

const MOST_MARKS = 40;
const VARIABLE = /\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g;

/** What Grafana would send: its own variables as figures, "All" as `.*`. */
export function fillVariables(expr: string, known: readonly string[], settings: Settings): string {
  const { startSeconds, endSeconds, stepSeconds } = settings.window;
  const { scrapeSeconds } = settings;
  const own: Readonly<Record<string, string>> = {
    __rate_interval: `${Math.max(4 * scrapeSeconds, stepSeconds + scrapeSeconds)}s`,
    __interval: `${stepSeconds}s`,
    __range: `${Math.round(endSeconds - startSeconds)}s`,
  };
  return expr.replace(VARIABLE, (all, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare ?? '';
    if (Object.hasOwn(own, name)) return own[name];
    if (!known.includes(name)) return all;
    const value = Object.hasOwn(settings.variables, name) ? settings.variables[name] : null;
    return value === null ? '.*' : quoted(value);
  });
}

/** Inside a double-quoted regular expression. */
function quoted(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/["\\\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`));
}

export async function askPanel(
  panel: PreviewPanel,
  { variables: known }: PreviewDashboard,
  settings: Settings,
  asked: Asked,
): Promise<PanelData> {
  const answers: Answered[] = [];
  for (const target of panel.targets) {
    const query = fillVariables(target.expr, known, settings);
    try {
      const series = target.isInstant
        ? await asked.instant(query, settings.window.endSeconds)
        : await asked.range(query, settings.window);
      answers.push({ target, series, problem: '' });
    } catch (error) {
      answers.push({ target, series: [], problem: (error as Error).message });
    }
  }
  return { panel, answers };
}

/** When what annotations ask for began; a query that fails marks nothing. */
export async function askMarks(dashboard: PreviewDashboard, settings: Settings, asked: Asked): Promise<Mark[]> {
  const marks: Mark[] = [];
  for (const { name, expr } of dashboard.annotations) {
    const query = fillVariables(expr, dashboard.variables, settings);
    const series = await asked.range(query, settings.window).catch(() => []);
    const times = [...new Set(series.flatMap(({ points }) => [...points.keys()]))].toSorted((a, b) => a - b);
    const began = times.filter((at, index) => at - (times[index - 1] ?? -Infinity) > 2 * settings.window.stepSeconds);
    marks.push(...began.map((atSeconds) => ({ name, atSeconds })));
  }
  return marks.slice(0, MOST_MARKS);
}

/** `{{label}}` filled in; without a legend the labels themselves. */
export function legendOf(legend: string, labels: Readonly<Record<string, string>>): string {
  if (legend === '')
    return Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  return legend
    .replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => labels[name] ?? '')
    .replace(/\s+/g, ' ')
    .trim();
}
