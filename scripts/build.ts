/** Bundles the program: one file and chunks that load when they are needed. Less code is less memory on every node. */
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { build, type Plugin } from 'esbuild';

/** Parts of libraries that we never reach, and what stands in for them. */
const UNUSED: Readonly<Record<string, string>> = {
  // express loads its body parsers at import, with 500 KB of character sets; no request of ours has a body.
  'body-parser': 'module.exports = { json() {}, raw() {}, text() {}, urlencoded() {} };',
  // prom-client asks it for the trace of an exemplar of its own CPU counter; we trace nothing.
  '@opentelemetry/api': 'module.exports = { trace: { getSpan() {} }, context: { active() {} } };',
  // prom-client's push gateway and cluster registry load https, zlib and cluster.
  './lib/pushgateway': 'module.exports = undefined;',
  './lib/cluster': 'module.exports = undefined;',
  // Types of the files that express could serve; ours are these.
  'mime-db': `module.exports = {
    'text/html': { charset: 'UTF-8', compressible: true, extensions: ['html'] },
    'text/plain': { charset: 'UTF-8', compressible: true, extensions: ['txt'] },
    'application/json': { charset: 'UTF-8', compressible: true, extensions: ['json'] },
  };`,
};

const withoutUnused: Plugin = {
  name: 'without-unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[@.\w]/ }, ({ path }) => (path in UNUSED ? { path, namespace: 'unused' } : undefined));
    onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => ({ contents: UNUSED[path] }));
    // zod's messages in forty languages; English is set by zod itself.
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/**
 * An `import` of node:http reads all its exports, and the getters of some load undici; a `require` reads what is used. Not
 * for every module of Node: required too, the others made the process 4 MB larger (measured in turns).
 */
const withoutUndici: Plugin = {
  name: 'without-undici',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'required' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { badgateway: 'src/main.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [withoutUnused, withoutUndici],
  // CommonJS dependencies call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
chmodSync('dist/badgateway.mjs', 0o755);
cpSync('recordings', 'dist/recordings', { recursive: true });
