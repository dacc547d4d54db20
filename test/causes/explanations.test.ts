import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EXPLANATIONS } from '../../src/causes/explanations.ts';
import { GENERAL_CAUSES } from '../../src/causes/general.ts';
import { CAUSE_RULES } from '../../src/causes/rules/index.ts';
import { CAUSES, SYMPTOMS } from '../../src/contract/names.ts';

test('every cause has words, and a page; no page is left over', () => {
  assert.deepEqual(Object.keys(EXPLANATIONS).sort(), [...CAUSES].sort());
  assert.deepEqual(readdirSync('docs/causes').sort(), CAUSES.map((cause) => `${cause}.md`).sort());
});

for (const cause of CAUSES) {
  test(`docs/causes/${cause}.md says what explain says`, () => {
    const page = readFileSync(`docs/causes/${cause}.md`, 'utf8');
    const { title, meaning, likely, next } = EXPLANATIONS[cause];
    for (const heading of ['Meaning', 'Evidence used', 'How it can be wrong', 'What to do', 'Metrics and alert']) {
      assert.match(page, new RegExp(`^## ${heading}\n\n\\S`, 'm'), heading);
    }
    for (const text of [`# ${cause}: ${title.toLowerCase()}`, meaning, next, ...likely]) {
      assert.ok(page.toLowerCase().includes(text.toLowerCase()), text);
    }
    const rule = CAUSE_RULES.find((one) => one.cause === cause);
    const symptoms = SYMPTOMS.filter((symptom) => GENERAL_CAUSES[symptom] === cause || rule?.symptoms.has(symptom));
    for (const symptom of symptoms) assert.ok(page.includes(`\`${symptom}\``), symptom);
  });
}
