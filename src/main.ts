#!/usr/bin/env -S MALLOC_TRIM_THRESHOLD_=131072 node --max-semi-space-size=1
import { runCli } from './cli.ts';

process.exitCode = await runCli(process.argv.slice(2));
