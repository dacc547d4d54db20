/**
 * Prometheus 3 takes the first sample of a range for outside of it, refuses answers that do not say what they are, and writes numbers in `le` otherwise:
 * the rules, their tests, the dashboards and the chain up to a page, with its programs in the place of Debian's.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { findTool, skipWithoutTool } from '../deploy/tools.ts';
import { FRUGAL } from './programs.ts';
import { ALERTS_DIRECTORY, loadRuleFiles, loadRuleTests } from './rule-files.ts';

/** What runs a Prometheus, and fails without one. */
const LIVE = [
  'test/capacity/report.test.ts',
  'test/dashboards/live.test.ts',
  'test/dashboards/real.test.ts',
  'test/e2e/alert-chain.test.ts',
  'test/e2e/alerts.test.ts',
  'test/e2e/compose.test.ts',
  'test/e2e/prometheus.test.ts',
  'test/e2e/web-config-prometheus.test.ts',
];

const IS_NIGHTLY = process.env.BADGATEWAY_NIGHTLY === '1';
const skip = IS_NIGHTLY ? skipWithoutTool('prometheus3/prometheus') : 'takes minutes: BADGATEWAY_NIGHTLY=1';

describe('Prometheus 3', { skip, concurrency: 1 }, () => {
  const directory = dirname(findTool('prometheus3/prometheus') ?? '.');
  const env = { ...FRUGAL, PATH: `${directory}:${process.env.PATH}`, CI: 'true' };
  const promtool = (...args: string[]) => spawnSync('promtool', args, { cwd: ALERTS_DIRECTORY, encoding: 'utf8', env });

  it('is what is on PATH there', () => {
    for (const program of ['prometheus', 'promtool'])
      assert.match(spawnSync(program, ['--version'], { encoding: 'utf8', env }).stdout, /version 3\./);
  });

  it('finds nothing to complain about', () => {
    const files = loadRuleFiles().map(({ file }) => file);
    const { status, stdout, stderr } = promtool('check', 'rules', '--lint=all', '--lint-fatal', ...files);
    assert.equal(status, 0, stdout + stderr);
  });

  for (const { file } of loadRuleTests())
    it(`promtool test rules ${file}`, () => {
      const { status, stdout, stderr } = promtool('test', 'rules', file);
      assert.equal(status, 0, stdout + stderr);
    });

  for (const file of LIVE)
    it(file, async () => {
      const { status, output } = await run(file, env);
      assert.equal(status, 0, output.slice(-8000));
    });
});

function run(file: string, env: NodeJS.ProcessEnv): Promise<{ status: number | null; output: string }> {
  // A run of tests inside of one would report to it, and badgateway takes its variables for its configuration.
  const { NODE_TEST_CONTEXT: _, BADGATEWAY_NIGHTLY: __, ...own } = env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--test', file], { env: own, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.on('error', reject).on('close', (status) => resolve({ status, output }));
  });
}
