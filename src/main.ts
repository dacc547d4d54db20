#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=32768 node --max-semi-space-size=1
import { useCompiled } from './compiled.ts';

useCompiled(import.meta.dirname);
const { runCli } = await import('./cli.ts');
process.exitCode = await runCli(process.argv.slice(2));
