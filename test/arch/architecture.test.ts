import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { COLLECTORS } from '../../src/collectors/index.ts';

/** Data flows one way: a folder imports only from those before it. Files of src itself wire and may import all. */
const ORDER = [
  'contract',
  'sources',
  'parse',
  'audit',
  'collectors',
  'facts',
  'causes',
  'incidents',
  'metrics',
  'config',
  'http',
  'capacity',
  'preview',
  'commands',
];
const MOST_LINES = 250;
const MEDIAN_LINES = 120;
const LONGEST_FUNCTION = 60;
const FORBIDDEN_NAMES = /(^|[-.])(utils?|helpers?|common|misc)([-.]|$)/;
/** Pure data or types: tested through what uses them. */
const NO_TEST_OF_ITS_OWN = new Set([
  'start.ts',
  'version.ts',
  'contract/names.ts',
  'contract/failure.ts',
  'contract/unit.ts',
  'contract/cluster.ts',
  'contract/evidence.ts',
  'facts/answer.ts',
  'facts/facts.ts',
  'causes/rule.ts',
  'causes/verdict.ts',
  'incidents/incident.ts',
  'http/views.ts',
  'http/flags.ts',
  'sources/line-source.ts',
  'collectors/index.ts',
]);

/** Driven as a user drives them: test/cli.test.ts and test/e2e/serve.test.ts. */
const TESTED_AS_COMMANDS = ['commands/check-config.ts', 'commands/serve.ts'];
for (const path of TESTED_AS_COMMANDS) NO_TEST_OF_ITS_OWN.add(path);

const sourcesOf = (root: string) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .sort();
const files = sourcesOf('src');
const read = (path: string) => readFileSync(join('src', path), 'utf8');
const linesOf = (text: string) => text.split('\n').length - 1;
const folderOf = (path: string) => (path.includes('/') ? path.split('/')[0] : '');

function importsOf(path: string): string[] {
  const found = [...read(path).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1]);
  return found.map((target) => relative('src', join('src', dirname(path), target)));
}

describe('architecture', () => {
  it('has only folders that stand in the order', () => {
    assert.deepEqual(
      [...new Set(files.map(folderOf))].filter((folder) => folder !== '' && !ORDER.includes(folder)),
      [],
    );
  });

  it('imports only from the left', () => {
    const wrong = files.flatMap((path) =>
      importsOf(path)
        .filter((target) => folderOf(path) !== '' && !target.startsWith('..'))
        .filter(
          (target) =>
            (folderOf(path) !== 'commands' && ORDER.indexOf(folderOf(target)) > ORDER.indexOf(folderOf(path))) ||
            (folderOf(target) === '' && folderOf(path) !== 'commands'),
        )
        .map((target) => `${path} → ${target}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('keeps files under 250 lines with a small median, and names that say something', () => {
    const lines = files.map((path) => ({ path, lines: linesOf(read(path)) }));
    assert.deepEqual(
      lines.filter((file) => file.lines > MOST_LINES),
      [],
    );
    const sorted = lines.map((file) => file.lines).sort((a, b) => a - b);
    assert.ok(sorted[Math.floor(sorted.length / 2)] <= MEDIAN_LINES);
    assert.deepEqual(
      files.filter((path) => FORBIDDEN_NAMES.test(path.split('/').pop() ?? '')),
      [],
    );
  });

  it('keeps tests, and what they stand on, under 250 lines too', () => {
    const long = sourcesOf('test').filter((path) => linesOf(readFileSync(join('test', path), 'utf8')) > MOST_LINES);
    assert.deepEqual(long, []);
  });

  it('keeps functions under 60 lines', () => {
    assert.deepEqual(files.flatMap(longFunctions), []);
  });

  it('never logs outside the harness, the wiring and the HTTP listeners', () => {
    const loggers = files.filter((path) => /\blog\.(debug|info|warn|error)\(/.test(read(path)));
    const allowed = /^(app|logger)\.ts$|^commands\/|^http\/|^collectors\/harness\.ts$|^sources\/checkpoint\.ts$/;
    assert.deepEqual(
      loggers.filter((path) => !allowed.test(path)),
      [],
    );
  });

  it('has a test for every file', () => {
    const missing = files.filter((path) => {
      if (NO_TEST_OF_ITS_OWN.has(path)) return false;
      return !isTested(path);
    });
    assert.deepEqual(missing, []);
  });

  it('has a test and a page for every collector', () => {
    for (const { name } of COLLECTORS) {
      assert.ok(existsSync(`test/collectors/${name.replaceAll('_', '-')}.test.ts`), `test of ${name}`);
      assert.ok(existsSync(`docs/collectors/${name}.md`), `docs/collectors/${name}.md`);
      assert.ok(existsSync(`src/collectors/${name.replaceAll('_', '-')}.ts`), `file of ${name}`);
    }
  });

  it('loads what a collector does only when it is switched on', () => {
    const atStart = loadedWith(['cli.ts']);
    for (const { name } of COLLECTORS) {
      const unit = `collectors/${name.replaceAll('_', '-')}.ts`;
      assert.ok(atStart.has(unit), unit);
      const [, own = ''] = /import\('\.\/([^']+)'\)/.exec(read(unit)) ?? [];
      assert.ok(files.includes(`collectors/${own}`), `${unit} imports in load()`);
      assert.ok(!atStart.has(`collectors/${own}`), `collectors/${own} is loaded by what is always loaded`);
      const others = [...loadedWith([`collectors/${own}`])].filter((path) => /-(collector|follower)\.ts$/.test(path));
      assert.deepEqual(others, [`collectors/${own}`], `${unit} loads another collector`);
    }
  });
});

/** What runs without `import()`, from these files on. */
function loadedWith(paths: readonly string[]): Set<string> {
  const loaded = new Set<string>();
  const pending = [...paths];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (loaded.has(path)) continue;
    loaded.add(path);
    for (const [, target] of read(path).matchAll(/^(?:import|export) (?!type )[^;]*?'(\.[^']+)';$/gm))
      pending.push(relative('src', join('src', dirname(path), target)));
  }
  return loaded;
}

const tests = sourcesOf('test').filter((path) => path.endsWith('.test.ts'));
const testText = new Map(tests.map((path) => [path, readFileSync(join('test', path), 'utf8')]));

/** What a unit does is tested as the unit. */
const testOf = (path: string) => path.replace(/(-collector)?\.ts$/, '.test.ts');

/** Its own test, or one that names it in an import. */
function isTested(path: string): boolean {
  if (tests.includes(testOf(path))) return true;
  const imported = new RegExp(`/src/${path.replace('.', '\\.')}'`);
  if ([...testText.values()].some((text) => imported.test(text))) return true;
  // A part of a unit: the file that imports it has a test.
  return files.some(
    (other) =>
      other !== path &&
      folderOf(other) === folderOf(path) &&
      importsOf(other).includes(path) &&
      tests.includes(testOf(other)),
  );
}

/** Functions by indentation: from a line that opens one to the line that closes at the same depth (Biome keeps the shape). */
function longFunctions(path: string): string[] {
  const lines = read(path).split('\n');
  const long: string[] = [];
  lines.forEach((line, start) => {
    const opens =
      /^(\s*)(?:export |private |override |static |async |function |\*|#|get |set )*[\w#]*\s*\(.*\{$|^(\s*)(?:export )?(?:async )?function.*\{$/.exec(
        line,
      );
    if (!opens || /^\s*(if|for|while|switch|return|describe|it)\b/.test(line)) return;
    const indent = opens[1] ?? opens[2] ?? '';
    const end = lines.findIndex((other, index) => index > start && other.startsWith(`${indent}}`));
    if (end - start + 1 > LONGEST_FUNCTION) long.push(`${path}:${start + 1} ${end - start + 1} lines`);
  });
  return long;
}
