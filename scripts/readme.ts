/**
 * Runs the demo, takes the picture of the page and the excerpt of /metrics that README.md shows, and puts them there.
 * Needs chromium.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [metrics, page] = ['127.0.0.1:29502', '127.0.0.1:29503'];
const INCIDENT_MS = 32_000;
const demo = spawn(
  process.execPath,
  ['src/main.ts', 'demo', `--web.listen-address=${metrics}`, `--web.page-address=${page}`],
  {
    stdio: 'ignore',
  },
);
const profile = mkdtempSync(join(tmpdir(), 'badgateway-readme-'));
try {
  await new Promise((resolve) => setTimeout(resolve, INCIDENT_MS));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--hide-scrollbars',
  ];
  execFileSync(
    'chromium',
    [
      ...flags,
      `--user-data-dir=${profile}`,
      '--window-size=1100,900',
      '--screenshot=docs/images/page.png',
      `http://${page}/`,
    ],
    {
      stdio: 'ignore',
    },
  );
  const body = await (await fetch(`http://${metrics}/metrics`)).text();
  writeFileSync('README.md', withExcerpt(readFileSync('README.md', 'utf8'), excerpt(body)));
} finally {
  demo.kill('SIGINT');
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}

/** The failures that are not 0, and one sample of each kernel counter that tells a story. */
function excerpt(body: string): string {
  const wanted = /^badgateway_(failures_total|listen_overflows_total|conntrack_entries|log_lines_total).* [1-9]/;
  return body
    .split('\n')
    .filter((line) => wanted.test(line))
    .map((line) =>
      line
        .replaceAll(/\w+="",?/g, '')
        .replaceAll(/upstream(_namespace|_port)?="[^"]*",?/g, '')
        .replace(',}', '}')
        .replace('{}', ''),
    )
    .join('\n');
}

function withExcerpt(readme: string, text: string): string {
  const [before, rest] = readme.split('<!-- metrics excerpt -->');
  const after = rest.split('<!-- end of excerpt -->').pop() ?? '';
  return `${before}<!-- metrics excerpt -->\n\nFrom the demo, some labels left out:\n\n\`\`\`\n${text}\n\`\`\`\n\n<!-- end of excerpt -->${after}`;
}
