/** Bundles the program: one file and chunks that load when they are needed. Less code is less memory on every node. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { compileBundle } from './compile-bundle.ts';
import { nodeStartOf } from './node-flags.ts';

/** Parts of libraries that we never reach, and what stands in for them. */
const UNUSED: Readonly<Record<string, string>> = {
  // express loads its body parsers at import, with 500 KB of character sets; no request of ours has a body.
  'body-parser': 'module.exports = { json() {}, raw() {}, text() {}, urlencoded() {} };',
  // prom-client asks it for the trace of an exemplar of its own CPU counter; we trace nothing.
  '@opentelemetry/api': 'module.exports = { trace: { getSpan() {} }, context: { active() {} } };',
  // prom-client's push gateway and cluster registry load https, zlib and cluster.
  './lib/pushgateway': 'module.exports = undefined;',
  './lib/cluster': 'module.exports = undefined;',
  // Its own monitor of the event loop: its figures are ours (src/metrics/event-loop-lag.ts), its histogram is 0.4 MB.
  './metrics/eventLoopLag': 'module.exports = () => {};',
  // Its summaries; we have none.
  './lib/summary': 'module.exports = undefined;',
  // Deprecations of express. It finds out who called it by a stack trace, for which V8 keeps the positions of all code.
  depd: 'const quiet = () => {}; module.exports = () => Object.assign(() => {}, { property: quiet, function: (fn) => fn });',
  // What express's requests and responses can do and ours do not: files, cookies, content negotiation, proxies.
  accepts: 'module.exports = undefined;',
  'content-disposition': 'module.exports = undefined;',
  cookie: 'module.exports = {};',
  'cookie-signature': 'module.exports = {};',
  etag: 'module.exports = undefined;',
  fresh: 'module.exports = undefined;',
  'http-errors': 'module.exports = undefined;',
  'proxy-addr': 'module.exports = { compile: () => () => false };',
  'range-parser': 'module.exports = undefined;',
  send: 'module.exports = undefined;',
  'serve-static': 'module.exports = undefined;',
  'type-is': 'module.exports = undefined;',
  './view': 'module.exports = undefined;',
  // express's query parser is node:querystring since version 5; it imports the other one all the same.
  qs: 'module.exports = { parse() {} };',
  // What express's router traces with.
  debug: 'module.exports = () => () => {};',
  // pino's transports are threads that write; ours writes itself.
  'thread-stream': 'module.exports = undefined;',
  worker_threads: 'module.exports = { isMainThread: true };',
  '@pinojs/redact': 'module.exports = undefined;',
  './lib/multistream': 'module.exports = undefined;',
  // What is left of it: one check in pino's writer.
  assert: 'module.exports = (fact, message) => { if (!fact) throw new TypeError(message); };',
  // The Kubernetes client reads kubeconfigs for us; requests are our own, and proxies are refused: 21 MB less when it is loaded.
  './gen/index.js': 'module.exports = {};',
  undici: 'module.exports = {};',
  socks: 'module.exports = {};',
  'socks-proxy-agent': 'module.exports = {};',
  hpagent: 'module.exports = {};',
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
 * Modules of Node that most processes never use: with them come OpenSSL, undici, readline and threads. Whoever imports one gets an
 * object that loads it at the first use of a name (with USUAL: 6 MB). Not for what runs often: every use goes through a Proxy.
 */
const RARE =
  /^(?:node:)?(?:child_process|cluster|crypto|dns|fs\/promises|https?|os|readline|tls|v8|worker_threads|zlib)$/;
/**
 * An `import` reads all names of a module, and the getters of some load half of Node; esbuild's copy of a required module
 * makes a closure of each name in each importing file. As prototype it does neither.
 */
const USUAL = /^node:(?:buffer|fs|net|path|timers\/promises|util)$/;

const modulesOfNode: Plugin = {
  name: 'modules-of-node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: RARE }, ({ path }) => ({ path: path.replace(/^(?:node:)?/, 'node:'), namespace: 'rare' }));
    onLoad({ filter: /.*/, namespace: 'rare' }, ({ path }) => ({
      contents: `module.exports = Object.create(new Proxy({}, {
        get: (_, name) => name === '__esModule' ? undefined : process.getBuiltinModule('${path}')[name] }));`,
    }));
    onResolve({ filter: USUAL }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'usual' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'usual' }, ({ path }) => ({
      contents: `module.exports = Object.create(process.getBuiltinModule('${path}'));`,
    }));
    onResolve({ filter: /^node:process$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'node:process', namespace: 'process' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'process' }, () => ({ contents: 'module.exports = process;' }));
  },
};

/**
 * What units load, by what is switched on together. One chunk each: what several have in common would otherwise be cut into pieces
 * by who shares what, and a module costs some 35 KB beside its code.
 */
const GROUPS: readonly (readonly [name: string, files: RegExp])[] = [
  ['error-log', /^error-log-follower\.ts$/],
  ['access-logs', /access(-log)?-follower\.ts$/],
  ['envoy', /^envoy-collector\.ts$/],
  ['kubernetes', /^kubernetes-collector\.ts$/],
  ['host', /-collector\.ts$/],
];
/** By folder of what is imported later: the groups that are there by then, or may be: a command may load more than it needs. */
const LOADED_BEFORE: readonly (readonly [folder: string, groups: readonly string[]])[] = [
  ['commands', GROUPS.map(([name]) => name)],
  ['http', []],
  ['', ['host']],
];
const COLLECTORS = join(process.cwd(), 'src/collectors');
const groupOf = (file: string) => GROUPS.find(([, files]) => files.test(file))?.[0];

/** What is imported while running finds all that was loaded at the start. Told so, esbuild keeps that in one chunk, too. */
const afterStart: Plugin = {
  name: 'after-start',
  setup({ onResolve, onLoad, resolve }) {
    const [first, start] = [join(process.cwd(), 'src/start.ts'), join(process.cwd(), 'src/cli.ts')];
    onResolve({ filter: /^\./ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === 'resolving') return undefined;
      const { path: file } = await resolve(path, { kind, resolveDir, pluginData: 'resolving' });
      if (file === start || file === first) return undefined;
      const group = dirname(file) === COLLECTORS ? groupOf(basename(file)) : undefined;
      return { path: group ?? file, namespace: group === undefined ? 'after-start' : 'group' };
    });
    const membersOf = (group: string) =>
      readdirSync(COLLECTORS).flatMap((file) => (groupOf(file) === group ? [join(COLLECTORS, file)] : []));
    const parts = (before: readonly string[], files: readonly string[]) => ({
      contents: [...before.map((file) => `import '${file}';`), ...files.map((file) => `export * from '${file}';`)].join(
        '\n',
      ),
      resolveDir: process.cwd(),
    });
    onLoad({ filter: /.*/, namespace: 'group' }, ({ path: group }) => parts([start], membersOf(group)));
    onLoad({ filter: /.*/, namespace: 'after-start' }, ({ path }) => {
      const groups = LOADED_BEFORE.find(([folder]) => path.startsWith(join(process.cwd(), 'src', folder)))?.[1] ?? [];
      return parts([start, ...groups.flatMap(membersOf)], [path]);
    });
  },
};

const SETTINGS = {
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // zod asks it for Cloudflare; in Node it loads locks and more.
  define: { navigator: 'undefined' },
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [withoutUnused, modulesOfNode],
  // CommonJS dependencies call require() for Node's own modules only; a real one in each chunk is 0.3 MB.
  banner: { js: 'const require = process.getBuiltinModule;' },
} as const satisfies BuildOptions;

rmSync('dist', { recursive: true, force: true });
await build({
  ...SETTINGS,
  entryPoints: { badgateway: 'src/main.ts' },
  plugins: [...SETTINGS.plugins, afterStart],
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
});
// A thread loads one small file of its own; as a chunk it would take what it shares out of the program's.
await build({ ...SETTINGS, entryPoints: { 'access-log-worker': 'src/collectors/access-log-worker.ts' } });
// esbuild cannot escape in regular expressions and tagged templates; one such letter doubles the source in memory (1 MB).
for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.mjs'))) {
  const code = readFileSync(join('dist', name), 'utf8');
  const escaped = code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(join('dist', name), escaped);
}
chmodSync('dist/badgateway.mjs', 0o755);
cpSync('recordings', 'dist/recordings', { recursive: true });
// What `badgateway generate rules` writes, and what goes with it.
cpSync('alerts', 'dist/alerts', { recursive: true, filter: (path) => !path.endsWith('.test.yaml') });
// What `badgateway preview-dashboards` draws.
mkdirSync('dist/dashboards');
for (const name of readdirSync('dashboards').filter((file) => file.endsWith('.json')))
  copyFileSync(join('dashboards', name), join('dist/dashboards', name));
await compileBundle('dist', nodeStartOf().flags);
