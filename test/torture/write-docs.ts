/** Runs the plan and writes its table into docs/tailing.md: `node test/torture/write-docs.ts [short|long]`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { planOf, runPlanned } from './plan.ts';
import type { Result } from './scenario.ts';

const page = join(import.meta.dirname, '../../docs/tailing.md');
const [begin, end] = ['<!-- torture table: begin -->', '<!-- torture table: end -->'];

function rowOf(result: Result, isDestructive = false): string {
  const { name, rotations, kills, reusedInodes, written, linesPerSecond, destroyed, lost, duplicated } = result;
  const { lossEvents, lossBytes } = result;
  const cells = [
    name,
    rotations,
    kills,
    reusedInodes,
    written,
    linesPerSecond,
    destroyed ?? (isDestructive ? 'not known' : 0),
    lost,
    duplicated,
    lossEvents,
    lossBytes,
  ];
  return `| ${cells.join(' | ')} |`;
}

const length = process.argv[2] === 'long' ? 'long' : 'short';
const rows: string[] = [];
for (const scenario of planOf(length)) {
  const result = await runPlanned(scenario);
  console.log(JSON.stringify(result));
  rows.push(rowOf(result, scenario.destructive));
}
const date = new Date().toISOString().slice(0, 10);
const table = [
  begin,
  `Run of ${date} (${length} plan), Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, shared machine.`,
  '',
  '| story | rotations | kills | inodes reused | lines written | lines/s | destroyed unread | lost | duplicated | loss events | their lower bound, bytes |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ...rows,
  end,
].join('\n');
const text = readFileSync(page, 'utf8');
writeFileSync(page, text.slice(0, text.indexOf(begin)) + table + text.slice(text.indexOf(end) + end.length));
