import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

test('the client library is loaded by the first access and not before', () => {
  const program = `
    import { registerHooks } from 'node:module';
    let loaded = 0;
    registerHooks({ resolve(name, context, next) { if (name.startsWith('@kubernetes/')) loaded++; return next(name, context); } });
    const { Credentials } = await import('./src/sources/kubernetes/credentials.ts');
    await import('./src/collectors/kubernetes.ts');
    const credentials = new Credentials({ kubeconfig: '/nowhere', context: '', environment: {} });
    const before = loaded;
    await credentials.access().catch(() => {});
    console.log(before, loaded);
  `;
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  assert.equal(text, '0 1\n');
});
