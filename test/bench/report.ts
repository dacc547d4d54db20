import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Machine, machine } from './machine.ts';

/** One line of the result table. Texts carry their units. */
export interface Row {
  readonly measure: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio: string;
  readonly goal: string;
  /** null: shown for comparison, no goal. */
  readonly met: boolean | null;
}

export interface SectionResult {
  readonly section: string;
  readonly rows: readonly Row[];
  /** The raw numbers behind the rows. */
  readonly figures: unknown;
}

interface StoredResult extends SectionResult {
  readonly machine: Machine;
}

export const PROJECT = join(import.meta.dirname, '../..');
export const BUILD = join(PROJECT, 'build/bench');
const DOCUMENT = join(PROJECT, 'docs/performance.md');
const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';
const HEADER =
  '| section | measure | badgateway | peer | ratio | goal | |\n| --- | --- | --- | --- | --- | --- | --- |\n';

function verdict(met: boolean | null): string {
  if (met === null) return '–';
  return met ? 'met' : '**NOT met**';
}

export function tableRows({ section, rows }: SectionResult): string {
  return rows
    .map(
      (row) => `| ${[section, row.measure, row.ours, row.peer, row.ratio, row.goal, verdict(row.met)].join(' | ')} |\n`,
    )
    .join('');
}

export function table(results: readonly SectionResult[]): string {
  return HEADER + results.map(tableRows).join('');
}

export function store(result: SectionResult): void {
  mkdirSync(BUILD, { recursive: true });
  const stored: StoredResult = { ...result, machine: machine() };
  writeFileSync(join(BUILD, `${result.section}.json`), `${JSON.stringify(stored, null, 2)}\n`);
}

/** The last run of every section, in the order of `sections`; others follow by name. */
function stored(sections: readonly string[]): StoredResult[] {
  if (!existsSync(BUILD)) return [];
  const results = readdirSync(BUILD)
    .filter((name) => name.endsWith('.json'))
    .map((name): Partial<StoredResult> => JSON.parse(readFileSync(join(BUILD, name), 'utf8')))
    .filter(
      (result): result is StoredResult =>
        result.section !== undefined && result.rows !== undefined && result.machine !== undefined,
    );
  const place = ({ section }: StoredResult) =>
    sections.includes(section) ? sections.indexOf(section) : sections.length;
  return results.sort((a, b) => place(a) - place(b) || a.section.localeCompare(b.section));
}

/** `machine · sections of that day` for each distinct machine and date. */
function provenance(results: readonly StoredResult[]): string {
  const groups = Map.groupBy(results, ({ machine: m }) => {
    const versions = Object.entries(m.versions).map(([name, version]) => `${name} ${version}`);
    return `${m.date}, ${m.cores} cores ${m.cpu}, ${m.memoryGb} GB, Linux ${m.kernel}; ${versions.join(', ')}`;
  });
  return [...groups].map(([text, list]) => `- ${text} (${list.map(({ section }) => section).join(', ')})\n`).join('');
}

/** Replaces the block between the markers of docs/performance.md by the last results. */
export function writeDocs(sections: readonly string[]): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT}: markers ${BEGIN} and ${END} not found`);
  const results = stored(sections);
  const block = `${BEGIN}\n\n${table(results)}\nMeasured:\n\n${provenance(results)}\n`;
  writeFileSync(DOCUMENT, text.slice(0, begin) + block + text.slice(end));
}
