import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Command } from 'commander';
import { runCli } from '../../src/cli.ts';
import { drawPicture, findChromium } from '../../src/commands/preview-chromium.ts';
import { type PreviewOptions, runPreviewDashboards } from '../../src/commands/preview-dashboards.ts';
import { addPreviewDashboards } from '../../src/commands/preview-dashboards-flags.ts';
import { freePort } from '../support/freeport.ts';
import { skipWithout } from '../support/programs.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-preview-test-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const DASHBOARD = {
  title: 'Mine',
  uid: 'mine',
  panels: [
    { type: 'stat', title: 'Well', gridPos: { x: 0, y: 0, w: 12, h: 6 }, targets: [{ expr: 'x{a=~"$a"}' }] },
    { type: 'stat', title: 'Ill', gridPos: { x: 12, y: 0, w: 12, h: 6 }, targets: [{ expr: 'refused' }] },
  ],
  templating: { list: [{ name: 'a' }] },
};
const file = join(directory, 'mine.json');
writeFileSync(file, JSON.stringify({ ...DASHBOARD, panels: DASHBOARD.panels.slice(0, 1) }));
const ill = join(directory, 'ill.json');
writeFileSync(ill, JSON.stringify(DASHBOARD));

/** Answers what Prometheus would. */
const asked: string[] = [];
const server: Server = createServer(({ url = '' }, response) => {
  const query = new URL(url, 'http://x').searchParams.get('query') ?? '';
  asked.push(query);
  if (query === 'refused') {
    response.writeHead(422).end('{"status":"error","errorType":"execution","error":"found <duplicate> series"}');
    return;
  }
  const now = Math.floor(Date.now() / 1000);
  const result = [
    {
      metric: { a: '<script>' },
      values: [
        [now - 60, '41'],
        [now - 30, '42'],
      ],
      value: [now, '42'],
    },
  ];
  response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
});
let prometheus = '';
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  prometheus = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

async function run(options: Partial<PreviewOptions>): Promise<{ code: number; out: string; notes: string }> {
  let [out, notes] = ['', ''];
  const all = {
    prometheus,
    output: join(directory, 'out'),
    format: 'html',
    width: '1000',
    scrapeInterval: '15s',
    dashboards: file,
    ...options,
  } as const;
  const code = await runPreviewDashboards(all, {
    out: (text) => (out += text),
    note: (text) => (notes += `${text}\n`),
  });
  return { code, out, notes };
}

describe('preview-dashboards', () => {
  it('writes a page for each dashboard into a directory that it makes, and says which', async () => {
    const { code, out, notes } = await run({ output: join(directory, 'new', 'deep') });
    assert.deepEqual([code, out, notes], [0, `${join(directory, 'new', 'deep', 'mine.html')}\n`, '']);
    const page = readFileSync(out.trim(), 'utf8');
    assert.match(page, /preview, not Grafana/);
    assert.match(page, />42</);
    assert.doesNotMatch(page, /<script>/);
    assert.ok(asked.includes('x{a=~".*"}'));
  });

  it('asks with the value of a variable', async () => {
    await run({ variable: ['a=b.c'] });
    assert.ok(asked.includes('x{a=~"b\\\\.c"}'));
  });

  it('draws all the same where a query fails, and ends with 1', async () => {
    const { code, out, notes } = await run({ dashboards: ill });
    assert.equal(code, 1);
    assert.match(notes, /^ill: Ill: .*it refused the query \(422\): found <duplicate> series/);
    assert.match(readFileSync(out.trim(), 'utf8'), /found &lt;duplicate&gt; series/);
  });

  it('has all dashboards of the project, or those that are named', async () => {
    const { code, out } = await run({ dashboards: undefined, only: ['overview', 'triage'] });
    assert.equal(code, 0);
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((path) => path.split('/').at(-1)),
      ['overview.html', 'triage.html'],
    );
  });

  const refusals: readonly (readonly [string, Partial<PreviewOptions>, RegExp])[] = [
    ['a dashboard that is not there', { only: ['ours'] }, /no dashboard "ours"; there are mine/],
    ['a directory that is not there', { dashboards: '/nowhere' }, /--dashboards "\/nowhere": it is not there/],
    ['what is no dashboard', { dashboards: 'package.json' }, /no dashboard of the classic model/],
    ['a width', { width: '10' }, /--width "10": pixels, 800 to 4000/],
    ['a time range', { from: '3 hours' }, /--from "3 hours": a time like/],
    ['too long a time range', { from: '91d' }, /--from: 10s to 90d/],
    ['an end', { at: 'noon' }, /--at "noon": a time like/],
    ['a scrape interval', { scrapeInterval: '0s' }, /--scrape-interval "0s"/],
    ['a variable', { variable: ['namespace'] }, /--variable "namespace": name=value/],
    [
      'a variable that is nowhere',
      { variable: ['b=c'] },
      /--variable "b": none of these dashboards has it; there are a$/m,
    ],
    [
      'a browser that is none',
      { format: 'png', chromium: '/etc/passwd' },
      /--chromium "\/etc\/passwd": it is no program/,
    ],
  ];
  for (const [what, options, said] of refusals)
    it(`says what is wrong with ${what}`, async () => {
      const { code, notes } = await run(options);
      assert.equal(code, 2);
      assert.match(notes, said);
    });

  it('says that nobody listens, before anything is written', async () => {
    const { code, notes } = await run({
      prometheus: `http://127.0.0.1:${await freePort()}`,
      output: join(directory, 'never'),
    });
    assert.equal(code, 2);
    assert.match(notes, /nobody listens there/);
    assert.equal(existsSync(join(directory, 'never')), false);
  });

  it('has help with examples and exit codes', () => {
    let help = '';
    const program = new Command().configureOutput({ writeOut: (text) => (help += text) });
    addPreviewDashboards(program, () => {});
    program.commands[0].configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    assert.equal(help.match(/^ {2}badgateway preview-dashboards /gm)?.length, 4);
    assert.match(help, /Exit codes: 0 all was drawn/);
  });

  it('is on the command line', async () => {
    assert.equal(await runCli(['preview-dashboards', '--prometheus', prometheus, '--format', 'gif']), 2);
    const output = join(directory, 'cli');
    assert.equal(
      await runCli([
        'preview-dashboards',
        '--prometheus',
        prometheus,
        '--format',
        'html',
        '--dashboards',
        file,
        '--output',
        output,
      ]),
      0,
    );
    assert.ok(existsSync(join(output, 'mine.html')));
  });
});

describe('the browser', () => {
  it('is the first usual one on PATH; without one the way out is said', () => {
    const bin = mkdtempSync(join(directory, 'bin-'));
    assert.throws(
      () => findChromium(undefined, bin),
      /no chromium, chromium-browser, google-chrome on PATH.*--chromium.*--format html/,
    );
    writeFileSync(join(bin, 'google-chrome'), '#!/bin/sh\n');
    chmodSync(join(bin, 'google-chrome'), 0o755);
    assert.equal(findChromium(undefined, `/nowhere:${bin}`), join(bin, 'google-chrome'));
  });

  it('that draws nothing is told with what it said', async () => {
    const program = join(directory, 'broken');
    writeFileSync(program, '#!/bin/sh\necho "no display" >&2\n');
    chmodSync(program, 0o755);
    await assert.rejects(
      drawPicture(program, '<p>x', { width: 800, height: 100 }),
      /draws no picture: no display; --format html needs no browser/,
    );
  });

  it('that drew a part is told, and nothing is written', async () => {
    const program = join(directory, 'half');
    writeFileSync(
      program,
      '#!/bin/bash\n[[ $* =~ --screenshot=([^ ]+) ]]; printf half >"$(cut -d= -f2 <<<"$BASH_REMATCH")"\n',
    );
    chmodSync(program, 0o755);
    const { code, notes } = await run({ format: 'png', chromium: program, output: join(directory, 'half-drawn') });
    assert.equal(code, 2);
    assert.match(notes, /draws no picture: there was no room for a whole one in .*TMPDIR/);
    assert.equal(existsSync(join(directory, 'half-drawn')), false);
  });

  it('is not asked for a page that cannot be written', async () => {
    const { code, notes } = await run({ output: file });
    assert.equal(code, 2);
    assert.match(notes, /cannot write .*mine\.json \(EEXIST: a file is in the way; remove it, or write elsewhere\)/);
  });

  it('draws a PNG of the width', { skip: skipWithout('chromium') }, async () => {
    const { code, out, notes } = await run({ format: 'png' });
    assert.deepEqual([code, notes], [0, '']);
    const picture = readFileSync(out.trim());
    assert.equal(picture.toString('latin1', 1, 4), 'PNG');
    assert.equal(picture.readUInt32BE(16), 1000);
  });
});
