import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { BUILD } from '../report.ts';

/** Bundles a driver as the image is bundled, so that no run pays for type stripping. Returns the file to run. */
export function bundleDriver(name: string): string {
  const outfile = join(BUILD, 'drivers', `${name}.mjs`);
  buildSync({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    packages: 'external',
    logLevel: 'error',
  });
  return outfile;
}
