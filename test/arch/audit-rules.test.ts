import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AUDIT_SEVERITIES } from '../../src/audit/rule.ts';
import { AUDIT_RULES, WORKLOAD_RULES } from '../../src/audit/rules/index.ts';

const SECTIONS = ['What it finds', 'Why it matters', 'Numbers', 'Fix', 'When to ignore'];
/** In the order of the table. */
const RULES = [...AUDIT_RULES, ...WORKLOAD_RULES];
const names = RULES.map(({ name }) => name);
const files = names.map((name) => name.replaceAll('_', '-')).sort();
const listed = (directory: string, ending: string) =>
  readdirSync(directory).flatMap((name) => (name.endsWith(ending) ? [name.slice(0, -ending.length)] : []));

describe('rules of the audit', () => {
  it('have a file, a line in the index, a test and a page each, and nothing is left over', () => {
    assert.equal(new Set(names).size, names.length);
    const sources = listed('src/audit/rules', '.ts').filter((name) => name !== 'index');
    assert.deepEqual(sources.sort(), files);
    assert.deepEqual(listed('test/audit/rules', '.test.ts').sort(), files);
    assert.deepEqual(listed('docs/audit', '.md').sort(), [...names].sort());
  });

  it('have names of words, a severity of the closed set and a summary without a full stop', () => {
    for (const { name, severity, summary } of RULES) {
      assert.match(name, /^[a-z]+(_[a-z]+)+$/);
      assert.ok(AUDIT_SEVERITIES.includes(severity), name);
      assert.match(summary, /^[A-Z].{20,140}[^.]$/, name);
    }
  });

  it('have pages with the same sections, none of them empty', () => {
    for (const name of names) {
      const [title, ...sections] = readFileSync(`docs/audit/${name}.md`, 'utf8').split(/^#+ /m).slice(1);
      assert.equal(title.trim(), name);
      assert.deepEqual(
        sections.map((section) => section.split('\n', 1)[0]),
        SECTIONS,
        name,
      );
      for (const section of sections)
        assert.ok(section.split('\n').slice(1).join('').length > 20, `${name}: ${section}`);
    }
  });

  it('stand in the table of docs/audit.md, in their order and words', () => {
    const table = readFileSync('docs/audit.md', 'utf8').matchAll(
      /^\| \[(\w+)\]\(audit\/\1\.md\) \| (\w+) \| (.+) \|$/gm,
    );
    assert.deepEqual(
      [...table].map(([, name, severity, summary]) => ({ name, severity, summary })),
      RULES.map(({ name, severity, summary }) => ({ name, severity, summary })),
    );
  });

  it('read nothing: no rule imports what could', () => {
    for (const file of [...files.map((name) => `rules/${name}`), ...listed('src/audit', '.ts')]) {
      const text = readFileSync(`src/audit/${file}.ts`, 'utf8');
      assert.doesNotMatch(text, /from 'node:|from '(\.\.\/)+sources\//, file);
    }
  });
});
