/** What docs/design says of a requirement has the test that it names. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { allAlerts } from '../alerts/rule-files.ts';

const ALERTS = new Set(allAlerts().map(({ alert }) => alert));
const TESTS = globSync(['test/**/*.ts', 'alerts/*.test.yaml']).map(textOf);
const ROW = /^\| ((?:[A-E]\d+(?:, )?)+) \| (.*) \|$/gm;
/** `parse/nginx-error`, not the routes, words and files of the product. */
const PATH =
  /(?<![\w/`.-])(?:test\/)?((?:alerts|audit|capacity|causes|collectors|commands|dashboards|deploy|e2e|facts|incidents|metrics|parse|sources)(?:\/[a-z0-9-]+)+)(?![\w/.*-])/g;

/** `collectors/cgroups "v2"`, also without the folder. */
const NAMED = /(?<![\w/.-])([a-z][\w/-]*) "([^"]+)"/g;

function textOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll("\\'", "'").replaceAll('’', "'").replaceAll(/\s+/g, ' ');
}

/** Of a test and of the tables that it imports from beside it or from test/support. */
function textsOf(file: string): string[] {
  const text = textOf(file);
  const tables = [...text.matchAll(/from '(\.\/[^']+|[./]+\/support\/[^']+)'/g)];
  return [text, ...tables.map(([, path]) => textOf(join(dirname(file), path)))];
}

for (const page of globSync('docs/design/*.md').sort())
  for (const [, rows, said] of readFileSync(page, 'utf8').matchAll(ROW))
    describe(`${page}: ${rows}`, () => {
      const shown = said.split(' | ').at(-1)!;
      for (const [, path] of shown.matchAll(PATH))
        it(path, () => assert.ok([`test/${path}.test.ts`, `test/${path}`].some(existsSync)));
      for (const [, file] of said.matchAll(/`(alerts\/[\w-]+\.test\.yaml)`/g))
        it(file, () => assert.ok(existsSync(file)));
      for (const [, name] of shown.matchAll(/"([^"]+)"/g))
        it(`"${name}"`, () => assert.ok(TESTS.some((text) => text.includes(name.replaceAll('’', "'")))));
      for (const [, path, name] of shown.matchAll(NAMED)) {
        const files = globSync([`test/${path}.test.ts`, `test/**/${path}.test.ts`]);
        if (files.length > 0)
          it(`"${name}" of ${path}`, () =>
            assert.ok(files.flatMap(textsOf).some((text) => text.includes(name.replaceAll('’', "'")))));
      }
      for (const [alert] of said.matchAll(/\b(?:Gateway|Badgateway|Nginx)[A-Z]\w+/g))
        it(alert, () => assert.ok(ALERTS.has(alert)));
    });
