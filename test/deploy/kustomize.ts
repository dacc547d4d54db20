import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { findProgram } from '../support/programs.ts';
import { DEPLOY, type Manifest } from './manifests.ts';
import { findTool } from './tools.ts';

const kubectl = findProgram('kubectl');
const kustomize = findTool('kustomize');

/** The reason to skip a test that builds kustomizations, or false. */
export const skipWithoutKustomize: string | false =
  (kubectl ?? kustomize) === null && 'not installed: kustomize or kubectl';

/** What kustomize builds of a directory, given below deploy/ or absolute. */
export function buildKustomization(directory: string): Manifest[] {
  const path = directory.startsWith('/') ? directory : join(DEPLOY, directory);
  const [program, verb] = kustomize === null ? [kubectl as string, 'kustomize'] : [kustomize, 'build'];
  const result = spawnSync(program, [verb, path], { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (result.status !== 0) throw new Error(`kustomize ${directory}: ${result.stderr}`);
  return loadAll(result.stdout) as Manifest[];
}
