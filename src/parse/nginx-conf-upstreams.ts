import type { ConfAddress } from './nginx-conf-address.ts';
import { isPass, type Pass, readPass } from './nginx-conf-pass.ts';
import { type ConfFile, type ConfPlace, type ConfProblem, quoted } from './nginx-conf-problem.ts';
import { type ConfReadOptions, readNginxConf } from './nginx-conf-reader.ts';
import { DEFAULT_PARAMETERS, readUpstreamServer, type UpstreamServer } from './nginx-conf-server.ts';
import { type ConfContext, type ConfModule, modulesOf, type NginxConf, walkConf } from './nginx-conf-tree.ts';
import { readUpstreamBlock, type Upstream } from './nginx-conf-upstream.ts';

export interface ConfUpstreams {
  /** Blocks and implicit ones, in the order of the configuration; blocks of a module first. */
  readonly upstreams: readonly Upstream[];
  /** What only the running proxy can tell: their address is a variable, or a name that is no upstream's and is resolved then. */
  readonly unknown: readonly Pass[];
  /** Beside those of the reading: addresses and parameters that nginx refuses. */
  readonly problems: readonly ConfProblem[];
}

/** At most so many problems are kept; a wrong generator makes the same mistake in every line. */
const MOST_PROBLEMS = 100;

/** Every server that the configuration can send to. Never throws. `context`: which block the main file's top level is in. */
export function readUpstreams(conf: NginxConf, context: ConfContext = 'main'): ConfUpstreams {
  const problems: ConfProblem[] = [];
  const report = (problem: ConfProblem): void => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem);
  };
  const modules = modulesOf(conf, context);
  const collectors = new Map<ConfModule['module'], ModuleUpstreams>();
  for (const { module, directives } of modules) {
    const collector = collectors.get(module) ?? new ModuleUpstreams(module, report);
    collectors.set(module, collector);
    collector.readBlocks(directives);
  }
  for (const { module, directives } of modules) collectors.get(module)!.readPasses(directives);
  const all = [...collectors.values()];
  return {
    upstreams: all.flatMap(({ blocks, implicit }) => [...blocks.values(), ...implicit.values()]),
    unknown: all.flatMap((collector) => collector.unknown),
    problems,
  };
}

/** Servers of the file that `state` names: `server` lines and nothing around them. */
export function readStateFile(file: ConfFile, options: Pick<ConfReadOptions, 'limits'> = {}) {
  const { directives, problems } = readNginxConf(file, { ...options, block: 'upstream' });
  const all = [...problems];
  const servers = directives.flatMap((directive) => {
    if (directive.name !== 'server') return [];
    const place = { file: directive.file, line: directive.line };
    const complain = (kind: ConfProblem['kind'], message: string) => void all.push({ kind, message, ...place });
    return readUpstreamServer(directive, 'http', complain) ?? [];
  });
  return { servers, problems: all.slice(0, MOST_PROBLEMS) };
}

type Growing = Upstream & { readonly references: ConfPlace[] };

class ModuleUpstreams {
  /** By name in lower case: nginx compares names so (ngx_http_upstream_add). */
  readonly blocks = new Map<string, Growing>();
  readonly implicit = new Map<string, Growing>();
  readonly unknown: Pass[] = [];
  readonly #module: ConfModule['module'];
  readonly #report: (problem: ConfProblem) => void;

  constructor(module: ConfModule['module'], report: (problem: ConfProblem) => void) {
    this.#module = module;
    this.#report = report;
  }

  readBlocks(directives: ConfModule['directives']): void {
    if (this.#module === 'mail') return;
    for (const directive of directives) {
      if (directive.name !== 'upstream' || directive.kind !== 'block') continue;
      const block = readUpstreamBlock(directive, this.#module, this.#report);
      if (block === null) continue;
      const key = block.name.toLowerCase();
      if (this.blocks.has(key))
        this.#complain('invalid_directive', `duplicate upstream ${quoted(block.name)}`, directive);
      else this.blocks.set(key, { ...block, references: [] });
    }
  }

  readPasses(directives: ConfModule['directives']): void {
    for (const { directive, parents } of walkConf(directives)) {
      if (directive.kind !== 'simple' || !isPass(directive.name, this.#module)) continue;
      if (parents.some(({ name }) => name === 'upstream')) continue;
      const pass = readPass(directive, this.#module);
      if (typeof pass === 'string') this.#complain('invalid_address', pass, directive);
      else this.#place(pass);
    }
  }

  #place(pass: Pass): void {
    const { address, file, line, isAtRunTime } = pass;
    const block = address.kind === 'hostname' ? this.blocks.get(address.host.toLowerCase()) : undefined;
    if (block !== undefined && address.isPortless) {
      block.references.push({ file, line });
      return;
    }
    if (address.kind === 'variable' || (isAtRunTime && address.kind === 'hostname')) {
      this.unknown.push(pass);
      return;
    }
    if (block !== undefined) {
      this.#complain('invalid_address', `upstream ${quoted(block.name)} may not have port ${address.port}`, pass);
    } else if (address.port === null && isInet(address)) {
      this.#complain('invalid_address', `no port in upstream ${quoted(address.text)}`, pass);
    } else this.#addImplicit(pass);
  }

  /** nginx makes one upstream of all that name the same host and port. */
  #addImplicit({ address, file, line, module }: Pass): void {
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    const name = `implicit:${isInet(address) ? `${host}:${address.port}` : `unix:${address.host}`}`;
    const known = this.implicit.get(name);
    if (known !== undefined) {
      known.references.push({ file, line });
      return;
    }
    const server: UpstreamServer = { address, parameters: DEFAULT_PARAMETERS, file, line };
    this.implicit.set(name, {
      ...{ name, module, isImplicit: true, servers: [server], method: 'round_robin', file, line },
      ...{ zone: null, keepalive: null, stateFile: null, resolver: [], references: [{ file, line }] },
    });
  }

  #complain(kind: ConfProblem['kind'], message: string, { file, line }: ConfPlace): void {
    this.#report({ kind, message, file, line });
  }
}

function isInet(address: ConfAddress): boolean {
  return address.kind !== 'unix' && address.code === null;
}
