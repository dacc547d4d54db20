#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=32768 node --max-semi-space-size=1 --max-opt=1 --gc-memory-reducer-start-delay-ms=120000
import { useCompiled } from './compiled.ts';
import { allowOptimizers } from './sources/optimizers.ts';
import { bearOutputErrors } from './standard-output.ts';

useCompiled(import.meta.dirname);
bearOutputErrors();
const { runCli } = await import('./cli.ts');
// Who serves has most often nothing to do; every other command ends as soon as it can. Not before: what is compiled is for the flags of the start.
if (process.argv[2] !== 'serve') allowOptimizers();
process.exitCode = await runCli(process.argv.slice(2));
