/** Where the contract is run against a real API server, and as whom: the current context of a kubeconfig. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { load } from 'js-yaml';
import type { Target } from './raw-client.ts';

interface Kubeconfig {
  readonly 'current-context': string;
  readonly contexts: { name: string; context: { cluster: string; user: string } }[];
  readonly clusters: { name: string; cluster: Record<string, string> }[];
  readonly users: { name: string; user: Record<string, string> }[];
}

/** Knows tokens and client certificates, as data or as files; login by another program is refused with a sentence. */
export function targetOf(path: string): Target {
  const config = load(readFileSync(path, 'utf8')) as Kubeconfig;
  const context = config.contexts.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users.find(({ name }) => name === context?.user)?.user;
  if (cluster === undefined || user === undefined)
    throw new Error(`${path}: no cluster or user for the current context`);
  const pem = (from: Readonly<Record<string, string>>, key: string): string | undefined => {
    if (from[`${key}-data`] !== undefined) return Buffer.from(from[`${key}-data`], 'base64').toString();
    return from[key] === undefined ? undefined : readFileSync(resolve(dirname(path), from[key]), 'utf8');
  };
  const [ca, cert, key] = [
    pem(cluster, 'certificate-authority'),
    pem(user, 'client-certificate'),
    pem(user, 'client-key'),
  ];
  const token = user.token ?? (user.tokenFile === undefined ? undefined : readFileSync(user.tokenFile, 'utf8').trim());
  if (ca === undefined) throw new Error(`${path}: the cluster has no certificate authority`);
  if (token !== undefined) return { url: cluster.server, ca, token };
  if (cert === undefined || key === undefined)
    throw new Error(`${path}: the user has neither a token nor a client certificate`);
  return { url: cluster.server, ca, cert, key };
}
