import { readFileSync, statSync } from 'node:fs';
import type { Fact } from '../audit/fact.ts';
import { readManifest } from '../parse/cluster-manifest.ts';
import { ApiClient } from '../sources/kubernetes/api-client.ts';
import { Credentials } from '../sources/kubernetes/credentials.ts';
import { listAll } from '../sources/kubernetes/list.ts';
import { TIMING } from '../sources/kubernetes/timing.ts';
import { type AuditedWorkloads, WorkloadObjects } from './audit-kubernetes.ts';
import { readAll } from './standard-input.ts';

const LONGEST_INPUT = 256 << 20;
const KUBECONFIG_BYTES = 1 << 20;

/**
 * Workloads of a manifest (`-`: standard input), or of the cluster of a kubeconfig: its pods and Services are listed, which needs
 * `list` on both in all namespaces.
 * @throws what makes it unreadable
 */
export async function auditKubernetes(
  path: string,
  stdin: AsyncIterable<Buffer | string>,
  recommended: Fact<number>,
): Promise<AuditedWorkloads> {
  const objects = new WorkloadObjects();
  const text = path === '-' ? await readAll(stdin, LONGEST_INPUT) : readFile(path);
  if (path !== '-' && isKubeconfig(text)) {
    await list(path, objects);
    return objects.audit(`the cluster of ${path}`, recommended);
  }
  for (const { kind, value } of readManifest(text)) objects.take(kind, value);
  return objects.audit(path === '-' ? 'standard input' : path, recommended);
}

function isKubeconfig(text: string): boolean {
  if (text.length > KUBECONFIG_BYTES) return false;
  return /^\s*["']?kind["']?\s*:\s*["']?Config["']?\s*,?\s*$/m.test(text) || /"kind"\s*:\s*"Config"/.test(text);
}

function readFile(path: string): string {
  if (statSync(path).size > LONGEST_INPUT) throw new Error(`longer than ${LONGEST_INPUT} bytes`);
  return readFileSync(path, 'utf8');
}

async function list(kubeconfig: string, objects: WorkloadObjects): Promise<void> {
  const client = new ApiClient({
    credentials: new Credentials({ kubeconfig, context: '', environment: process.env }),
    timing: TIMING,
    observer: { connected() {}, answered() {} },
  });
  try {
    for (const [resource, kind] of [
      ['services', 'Service'],
      ['pods', 'Pod'],
    ] as const) {
      await listAll(client, {
        selection: { resource, namespace: '', labelSelector: '', fieldSelector: '' },
        ...{ resourceVersion: '0', limit: TIMING.pageLimit, deadlineMs: TIMING.listMs },
        signal: new AbortController().signal,
        begin: () => {},
        item: (item) => objects.take(kind, item),
      });
    }
  } finally {
    client.close();
  }
}
