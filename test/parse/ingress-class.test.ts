import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readIngressClass } from '../../src/parse/ingress-class.ts';

const read = (...words: string[]) => readIngressClass(words.map((word) => `${word}\0`).join(''));
const NOTHING = { ingress_class: '', controller_class: '' };

test('ingress-nginx says both classes', () => {
  const said = read(
    '/nginx-ingress-controller',
    '--publish-service=$(POD_NAMESPACE)/ingress-nginx-controller',
    '--controller-class=k8s.io/internal-nginx',
    '--ingress-class=internal',
  );
  assert.deepEqual(said, {
    controller: 'ingress_nginx',
    ingress_class: 'internal',
    controller_class: 'k8s.io/internal-nginx',
  });
});

test('the controller of F5 says one, in any of the ways of Go', () => {
  for (const words of [
    ['-ingress-class=edge'],
    ['--ingress-class', 'edge'],
    ['-ingress-class=x', '-ingress-class=edge'],
  ])
    assert.deepEqual(read('/nginx-ingress', ...words), {
      ...{ ...NOTHING, controller: 'nginx_ingress_controller', ingress_class: 'edge' },
    });
});

test('what is not said is no default', () => {
  assert.deepEqual(read('/nginx-ingress-controller'), { controller: 'ingress_nginx', ...NOTHING });
  assert.deepEqual(read('/nginx-ingress', '-ingress-class'), { controller: 'nginx_ingress_controller', ...NOTHING });
});

test('what can be no class is none', () => {
  for (const value of ['', 'a b', 'x"\n', '/x', 'x'.repeat(254), '-v'])
    assert.equal(read('/nginx-ingress', `--ingress-class=${value}`)?.ingress_class, '', value);
});

test('other programs are no controllers', () => {
  for (const words of [
    [],
    [''],
    ['/bin/sh', '/nginx-ingress-controller', '--ingress-class=x'],
    ['nginx'],
    ['toString'],
  ])
    assert.equal(read(...words), null);
});
