import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { addDiagnose } from '../../src/commands/diagnose-flags.ts';
import { addRemedy } from '../../src/commands/remedy-flags.ts';
import { addReport } from '../../src/commands/report-flags.ts';
import { addUpstreams } from '../../src/commands/upstreams-flags.ts';

const ACCESS = ['--ca-file', '--cert-file', '--key-file', '--user', '--password-file'];

test('every command that asks a badgateway can give it a certificate and a password', () => {
  const program = new Command();
  for (const add of [addUpstreams, addDiagnose, addRemedy, addReport]) add(program, () => {});
  const all = program.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
  assert.ok(all.length >= 6);
  for (const command of all) {
    const flags = command.options.map(({ long }) => long);
    assert.deepEqual(
      ACCESS.filter((flag) => flags.includes(flag)),
      ACCESS,
      command.name(),
    );
  }
});
