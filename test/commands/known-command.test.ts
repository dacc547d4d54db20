import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

function run(words: string) {
  const args = ['src/main.ts', ...words.split(' ')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
  return { status, stdout, hint: stderr.split('\n').slice(0, -2).join(' ') };
}

describe('an unknown option names the one that is meant', () => {
  for (const [words, hint] of [
    // One begins with the other.
    ['serve --config FILE', "error: unknown option '--config' (Did you mean --config.file?)"],
    ['serve --log debug', "error: unknown option '--log' (Did you mean one of --log.level, --log.format?)"],
    ['diagnose --config.file=x', "error: unknown option '--config.file=x' (Did you mean --config?)"],
    ['preview-dashboards --output-dir x', "error: unknown option '--output-dir' (Did you mean --output?)"],
    ['generate rules --thres latency=1', "error: unknown option '--thres' (Did you mean --threshold?)"],
    // A part of it, one hyphen, one letter.
    ['serve --listen-address :1', "error: unknown option '--listen-address' (Did you mean --web.listen-address?)"],
    ['serve -config.file=x', "error: unknown option '-config.file=x' (Did you mean --config.file?)"],
    ['explain -j', "error: unknown option '-j' (Did you mean --json?)"],
    // As other commands call it, and where it stands.
    ['upstreams --server x', "error: unknown option '--server' (Did you mean --url?)"],
    ['remedy --url x', "error: unknown option '--url' (Did you mean --server?)"],
    ['--config.file=x serve', "error: unknown option '--config.file=x' (It stands after the command: serve)"],
    [
      'serve --collectors.envoy.enabled=false',
      "error: unknown option '--collectors.envoy.enabled=false' (Keys of the configuration are written --set collectors.envoy.enabled=VALUE)",
    ],
    [
      'serve --web.enable-lifecycle=yes',
      "error: option '--web.enable-lifecycle' takes no value: write --web.enable-lifecycle",
    ],
    // What is misspelt is said, not what is missing for it.
    ['capacity-report --prom x', "error: unknown option '--prom' (Did you mean --prometheus?)"],
    ['capacity-report', "error: required option '--prometheus <url>' not specified"],
    ['serve --config.fil x', "error: unknown option '--config.fil' (Did you mean --config.file?)"],
    // Nothing is like it.
    ['serve --port 1', "error: unknown option '--port'"],
  ] as const)
    it(words, () => assert.deepEqual(run(words), { status: 2, stdout: '', hint }));
});

describe('an unknown command names the one that is meant', () => {
  for (const [words, hint] of [
    ['capacity report', "error: unknown command 'capacity' (Did you mean capacity-report?)"],
    ['rules', "error: unknown command 'rules' (Did you mean generate rules?)"],
    ['config', "error: unknown command 'config' (Did you mean check-config?)"],
    ['nosuch', "error: unknown command 'nosuch'"],
    ['help nosuch', "error: unknown command 'nosuch'"],
    ['help report nosuch', "error: unknown command 'nosuch'"],
  ] as const)
    it(words, () => assert.deepEqual(run(words), { status: 2, stdout: '', hint }));
});

it('help shows the help of a command below another', () => {
  const { stdout } = run('report timeouts --help');
  assert.match(stdout, /^Usage: badgateway report timeouts /);
  for (const words of ['help report timeouts', 'report help timeouts'])
    assert.deepEqual(run(words), { status: 0, stdout, hint: '' });
  assert.equal(run('help').stdout, run('--help').stdout);
});
