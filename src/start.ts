import { useCompiled } from './compiled.ts';
import { allowOptimizers } from './sources/optimizers.ts';
import { bearOutputErrors } from './standard-output.ts';

/** The program; its exit code is set when it has ended. `directory`: where its first file is. */
export async function start(directory: string): Promise<void> {
  useCompiled(directory);
  bearOutputErrors();
  const { runCli } = await import('./cli.ts');
  // Who serves has most often nothing to do; every other command ends as soon as it can. Not before: what is compiled is for the flags of the start.
  if (process.argv[2] !== 'serve') allowOptimizers();
  process.exitCode = await runCli(process.argv.slice(2));
}
