import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type AccessCorpus, accessCorpus } from '../corpus/generate-access.ts';
import { bundleDriver } from '../drivers/bundle.ts';
import { type Contestant, interleave, type Summary } from '../measure.ts';
import { mtailAccessAnswer, mtailTruth } from '../peers/access-answers.ts';
import type { Row, SectionResult } from '../report.ts';
import { accesslogLayouts, assertEqual, mawk, ours } from './accesslog-layouts.ts';
import { accesslogThreads } from './accesslog-threads.ts';

/** Batch: a whole access log to counters and histograms, whole processes, every counter and bucket compared with the known answer. */

const PEERS = join(import.meta.dirname, '../peers');
const OURS = 'badgateway plain';
const MOST_RSS_MB = 80;
const GOALS: Readonly<Record<string, number | null>> = { mtail: 35, mawk: 2.3, 'grep -c': null, 'raw reader': null };
const GOACCESS_GOAL = 100;
/** How many corpora long its files are: of a short one a third of our time is the start of Node and V8's compilers. */
const GOACCESS_TIMES = [1, 4] as const;
/** They grow with every distinct URL, which nobody asked for. */
const URL_PANELS = ['REQUESTS', 'REQUESTS_STATIC', 'NOT_FOUND', 'REFERRERS', 'REFERRING_SITES'];
const OTHER_PANELS = [
  ...['KEYPHRASES', 'HOSTS', 'OS', 'BROWSERS', 'VIRTUAL_HOSTS', 'GEO_LOCATION', 'REMOTE_USER', 'VISIT_TIMES'],
];

function peers(file: AccessCorpus): Contestant[] {
  const { path, truth } = file;
  const isNumber = (output: string) => {
    if (!/^\d+\s*$/.test(output)) throw new Error(`expected a number, got ${output.slice(0, 100)}`);
  };
  const program = ['--progs', join(PEERS, 'access.mtail'), '--logs', path];
  return [
    { name: 'raw reader', command: [process.execPath, bundleDriver('raw-reader'), path], check: isNumber },
    { name: 'grep -c', command: ['grep', '-c', '-F', '" 502 ', path], check: isNumber },
    mawk(file),
    {
      name: 'mtail',
      command: ['mtail', '--one_shot', '--one_shot_format', 'prometheus', ...program],
      check: (output) => {
        const answer = { ...mtailAccessAnswer(output), upstreamDuration: mtailTruth(truth).upstreamDuration };
        assertEqual('mtail', mtailTruth(truth), answer);
      },
    },
  ];
}

/** Counts codes, bytes and visitors, no histogram and no attempts; lines whose user has brackets are lost to it. */
function goaccess({ path, truth }: AccessCorpus, name: string, ignored: readonly string[]): Contestant {
  const format = '%h - %e [%d:%t %^] "%r" %s %b "%R" "%u" %T "%^" "%^" "%^"';
  const options = [
    '--no-global-config',
    '--date-format=%d/%b/%Y',
    '--time-format=%H:%M:%S',
    '--no-progress',
    '-o',
    'json',
  ];
  return {
    name,
    command: [
      'goaccess',
      path,
      `--log-format=${format}`,
      ...options,
      ...ignored.map((panel) => `--ignore-panel=${panel}`),
    ],
    check: (output) => {
      const { general } = JSON.parse(output);
      if (general.total_requests !== truth.lines || general.valid_requests < truth.lines * 0.99)
        throw new Error(`GoAccess read ${general.valid_requests} of ${truth.lines} lines`);
    },
  };
}

function describe({ cpuMedian, cpuMinimum, peakRssMb }: Summary, { truth }: AccessCorpus): string {
  const rate = `${(truth.fileBytes / cpuMedian / 1e6).toFixed(0)} MB/s, ${(truth.lines / cpuMedian / 1e6).toFixed(2)} M lines/s`;
  return `${cpuMedian.toFixed(2)} CPU s (min ${cpuMinimum.toFixed(2)}), ${rate}, ${peakRssMb.toFixed(0)} MB RSS`;
}

/** How many times less CPU we used; `times` null = for comparison. */
function against(us: Summary, them: Summary, file: AccessCorpus, times: number | null): Row {
  const ratio = them.cpuMedian / us.cpuMedian;
  return {
    measure: `${(file.truth.lines / 1e6).toFixed(1)} M lines against ${them.name}`,
    ours: describe(us, file),
    peer: describe(them, file),
    ratio: `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`,
    goal: times === null ? '–' : `≥ ${times} ×`,
    met: times === null ? null : ratio >= times,
  };
}

/** It takes minutes: one round. With fewer panels only once, for comparison. */
function againstGoaccess(lines: number, times: number): { rows: Row[]; summaries: Summary[] } {
  const [all, codes] = ['GoAccess', 'GoAccess, status codes only'];
  const file = accessCorpus(lines * times);
  const peers = [goaccess(file, all, URL_PANELS)];
  if (times === 1) peers.push(goaccess(file, codes, [...URL_PANELS, ...OTHER_PANELS]));
  const summaries = interleave([ours(file, 'plain'), ...peers], file.path, 1);
  if (times > 1) rmSync(file.path);
  const rows = peers.map(({ name }) =>
    against(summaries.get(OURS)!, summaries.get(name)!, file, name === all ? GOACCESS_GOAL : null),
  );
  return { rows, summaries: [...summaries.values()] };
}

export function accesslog(options: { readonly lines: number; readonly rounds: number }): SectionResult {
  if (spawnSync('which', ['goaccess']).status !== 0) throw new Error('not installed: goaccess (apt-get install)');
  const file = accessCorpus(options.lines);
  const summaries = interleave([ours(file, 'plain'), ...peers(file)], file.path, options.rounds);
  const slow = GOACCESS_TIMES.map((times) => againstGoaccess(options.lines, times));
  const us = summaries.get(OURS)!;
  const rows = Object.entries(GOALS).map(([name, times]) => against(us, summaries.get(name)!, file, times));
  rows.push(...slow.flatMap((one) => one.rows));
  rows.push({
    measure: 'peak RSS',
    ours: `${us.peakRssMb.toFixed(0)} MB`,
    peer: '–',
    ratio: '–',
    goal: `≤ ${MOST_RSS_MB} MB`,
    met: us.peakRssMb <= MOST_RSS_MB,
  });
  const threads = accesslogThreads(file, options.rounds);
  rows.push(...threads.rows);
  const layouts = accesslogLayouts(options.lines, options.rounds);
  rows.push(...layouts.rows);
  const figures = {
    threads: threads.figures,
    layouts: layouts.figures,
    bytes: file.truth.fileBytes,
    lines: file.truth.lines,
    summaries: [...summaries.values(), ...slow.flatMap((one) => one.summaries)],
  };
  return { section: 'accesslog', rows, figures };
}
