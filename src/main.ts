#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=32768 node --max-semi-space-size=1 --max-opt=1 --gc-memory-reducer-start-delay-ms=120000
/** As `engines` in package.json says. */
const [LEAST_MAJOR, LEAST_MINOR] = [22, 19];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > LEAST_MAJOR || (major === LEAST_MAJOR && minor >= LEAST_MINOR)) {
  // Not an import at the top: a Node that lacks one of the names would end with a SyntaxError before it could be said why.
  const { start } = await import('./start.ts');
  await start(import.meta.dirname);
} else {
  process.stderr.write(
    `badgateway: needs Node ${LEAST_MAJOR}.${LEAST_MINOR} or later; this is ${process.version} (${process.execPath}). npm ci puts one beside the code: node_modules/.bin/node\n`,
  );
  process.exitCode = 2;
}

export {};
