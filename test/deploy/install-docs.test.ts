import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { defaultValues, type Values } from './chart.ts';
import { DEPLOY, ROOT } from './manifests.ts';

const PAGES = ['docs/install.md', 'docs/install-kubernetes.md', 'deploy/README.md'];
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

for (const page of PAGES) {
  test(`${page}: every link leads somewhere`, () => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link]) => link);
    assert.ok(links.length > 4);
    for (const link of links) {
      const [path, anchor] = link.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      assert.ok(existsSync(join(ROOT, file)), link);
      if (anchor) assert.ok(anchorsOf(read(file)).includes(anchor), link);
    }
  });

  test(`${page}: every path and value in it exists`, () => {
    const text = read(page);
    const paths = [...text.matchAll(/\b(?:deploy|test)\/[\w./-]*[\w/]/g)].map(([path]) => path);
    for (const path of paths) assert.ok(existsSync(join(ROOT, path)), path);
    const keys = [...text.matchAll(/--set '?([\w.]+)=/g)].map(([, key]) => key);
    for (const key of keys) {
      const value = key
        .split('.')
        .reduce<unknown>((below, part) => (below as Values | undefined)?.[part], defaultValues());
      assert.notEqual(value, undefined, key);
    }
  });
}

test('every way to deploy is named', () => {
  const text = PAGES.map(read).join('\n');
  for (const way of [
    'kubernetes/base',
    'helm/badgateway',
    'sidecar-ngf',
    'sidecar-ingress-nginx',
    'sidecar',
    'compose',
    'systemd',
  ]) {
    assert.ok(existsSync(join(DEPLOY, way)) && text.includes(`${way}`), way);
  }
});
