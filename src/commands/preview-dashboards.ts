import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type PrometheusAccess, PrometheusClient } from '../capacity/prometheus.ts';
import { showInvisible } from '../http/html.ts';
import { type PreviewDashboard, readDashboard } from '../preview/dashboard.ts';
import { pageHeight, previewPage } from '../preview/page.ts';
import { askMarks, askPanel, type PanelData } from '../preview/query.ts';
import { drawPicture, findChromium } from './preview-chromium.ts';
import { type PreviewFlags, readSettings, readWidth } from './preview-settings.ts';
import { ownTerminal, type ReportTerminal } from './report.ts';
import { writeFiles } from './write-files.ts';

export interface PreviewOptions extends PrometheusAccess, PreviewFlags {
  readonly output: string;
  readonly format: 'png' | 'html';
  /** Directory of dashboards, or one file. */
  readonly dashboards?: string | undefined;
  /** Names of files without `.json`; all without. */
  readonly only?: readonly string[];
  readonly chromium?: string;
}

interface Source {
  readonly name: string;
  readonly dashboard: PreviewDashboard;
}

/** Beside the sources, beside a bundle, and beside a bundle's chunk. */
const PLACES = ['../../dashboards', '../dashboards', './dashboards'];
const LARGEST_FILE = 4 * 1024 * 1024;
const MOST_DASHBOARDS = 50;

type Terminal = Pick<ReportTerminal, 'out' | 'note'>;

/** The command `preview-dashboards`: returns the exit code. 0: all was drawn; 1: a query failed, its panel says why; 2: nothing can be drawn. */
export async function runPreviewDashboards(
  options: PreviewOptions,
  terminal: Terminal = ownTerminal(),
): Promise<number> {
  try {
    const chromium = options.format === 'png' ? findChromium(options.chromium) : null;
    const width = readWidth(options.width);
    const sources = readSources(options);
    // A mistake in the flags is said before anybody is asked.
    checkSettings(options, sources);
    const prometheus = new PrometheusClient(options);
    // Before anything is drawn: is it one?
    await prometheus.instant('vector(1)', Math.floor(Date.now() / 1000));
    let failed = 0;
    for (const { name, dashboard } of sources) {
      const { text, height, problems } = await drawText(dashboard, options, width, prometheus);
      failed += problems.length;
      for (const problem of problems) terminal.note(showInvisible(`${name}: ${problem}`));
      const [file, content] =
        chromium === null
          ? [`${name}.html`, text]
          : [`${name}.png`, await drawPicture(chromium, text, { width, height })];
      writeFiles(options.output, new Map([[file, content]]));
      terminal.out(`${showInvisible(join(options.output, file))}\n`);
    }
    return failed > 0 ? 1 : 0;
  } catch (error) {
    terminal.note(showInvisible((error as Error).message));
    return 2;
  }
}

function checkSettings(options: PreviewOptions, sources: readonly Source[]): void {
  const known = new Set(sources.flatMap(({ dashboard }) => dashboard.variables));
  for (const { dashboard } of sources)
    for (const name of Object.keys(readSettings(options, dashboard.from, Date.now()).variables))
      if (!known.has(name))
        throw new Error(
          `--variable ${JSON.stringify(name)}: none of these dashboards has it; there are ${[...known].join(', ')}`,
        );
}

async function drawText(
  dashboard: PreviewDashboard,
  options: PreviewOptions,
  width: number,
  prometheus: PrometheusClient,
): Promise<{ text: string; height: number; problems: string[] }> {
  const settings = readSettings(options, dashboard.from, Date.now());
  const panels: PanelData[] = [];
  for (const panel of dashboard.panels) panels.push(await askPanel(panel, dashboard, settings, prometheus));
  const marks = await askMarks(dashboard, settings, prometheus);
  const { place } = prometheus;
  const text = previewPage({ dashboard, panels, marks, window: settings.window, place, width });
  const problems = panels.flatMap(({ panel, answers }) =>
    answers.filter(({ problem }) => problem !== '').map(({ problem }) => `${panel.title}: ${problem}`),
  );
  return { text, height: pageHeight({ panels }), problems };
}

function readSources({ dashboards, only }: PreviewOptions): Source[] {
  const place = dashboards ?? findDashboards();
  const files = filesOf(place);
  const wanted = only === undefined ? files : only.map((name) => fileOf(name, files));
  if (wanted.length === 0) throw new Error(`${place}: there is no .json in it`);
  return wanted.slice(0, MOST_DASHBOARDS).map((file) => {
    try {
      return { name: basename(file, '.json'), dashboard: readDashboard(readFileSync(file, 'utf8')) };
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`);
    }
  });
}

function filesOf(place: string): string[] {
  const stats = statSync(place, { throwIfNoEntry: false });
  if (stats === undefined) throw new Error(`--dashboards ${JSON.stringify(place)}: it is not there`);
  const files = stats.isDirectory()
    ? readdirSync(place)
        .filter((name) => name.endsWith('.json'))
        .sort()
        .map((name) => join(place, name))
    : [place];
  return files.filter((file) => statSync(file).size <= LARGEST_FILE);
}

function fileOf(name: string, files: readonly string[]): string {
  const file = files.find((one) => basename(one, '.json') === name);
  if (file !== undefined) return file;
  const names = files.map((one) => basename(one, '.json')).join(', ');
  throw new Error(`no dashboard ${JSON.stringify(name)}; there are ${names}`);
}

function findDashboards(): string {
  const paths = PLACES.map((place) => new URL(place, import.meta.url).pathname);
  const found = paths.find((path) => existsSync(join(path, 'overview.json')));
  if (found === undefined) throw new Error(`no dashboards in this installation: name a directory with --dashboards`);
  return found;
}
