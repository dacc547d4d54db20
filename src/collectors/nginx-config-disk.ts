import type { CollectorState } from '../contract/names.ts';
import type { ConfProblemKind } from '../parse/nginx-conf-problem.ts';
import type { ConfContext, NginxConf } from '../parse/nginx-conf-tree.ts';
import { type ConfigContent, contentOf } from './nginx-config-content.ts';
import type { DiskConfig } from './nginx-config-loaded.ts';
import { ConfigTree, isDenied, TornReadError, type TreePlace, type TreeRead } from './nginx-config-tree.ts';

/** `unreadable`: files of the configuration or of a `state` that this process could not read. */
export type ProblemKind = ConfProblemKind | 'unreadable';

export interface DiskRead {
  /** Null when it could not be read. */
  readonly config: DiskConfig | null;
  readonly state: CollectorState;
  readonly files: number;
  readonly bytes: number;
  readonly problems: ReadonlyMap<ProblemKind, number>;
  /** In words; '' without any. */
  readonly firstProblem: string;
}

export interface DiskPlace extends Omit<TreePlace, 'kind'> {
  readonly kind: 'conf' | 'dump';
  /** `auto`: told by what stands in the main file. */
  readonly context: ConfContext | 'auto';
}

interface Kept {
  readonly content: ConfigContent;
  readonly files: number;
  /** How often limits of the reader were hit. */
  readonly beyondLimits: number;
}

const KINDS: readonly ProblemKind[] = [
  'unexpected_character',
  'unexpected_end',
  'unterminated_quote',
  'unterminated_lua',
  'too_long_parameter',
  'include_failed',
  'invalid_directive',
  'invalid_address',
  'invalid_parameter',
  'host_not_found',
  'limit',
  'unreadable',
];
const MAIN_BLOCKS = new Set(['http', 'stream', 'mail', 'events']);

/** The configuration on disk with its meaning and its problems. */
export class ConfigDisk {
  readonly #place: DiskPlace;
  readonly #tree: ConfigTree<Kept>;

  constructor(place: DiskPlace) {
    this.#place = place;
    this.#tree = new ConfigTree(place, (conf) => this.#keep(conf));
  }

  /** `isWhole`: nginx has the same files, so that what is missing here is missing for nginx too. Never throws for files. */
  read(isWhole: boolean): DiskRead {
    let tree: TreeRead<Kept>;
    try {
      tree = this.#tree.read();
    } catch (error) {
      return this.#failure(error as NodeJS.ErrnoException);
    }
    const { conf, unreadable, version, modifiedMs, changedMs, bytes } = tree;
    const { content, files, beyondLimits } = conf;
    const isBlind = !isWhole || unreadable.some(isDenied);
    const missing = isBlind ? [] : unreadable;
    const errors = content.problems.filter(({ kind }) => kind !== 'limit' && kind !== 'include_failed');
    const problems = new Map<ProblemKind, number>(KINDS.map((kind) => [kind, 0]));
    for (const { kind } of content.problems) problems.set(kind, problems.get(kind)! + 1);
    // The reader knows nothing of files that wildcards name, and keeps only the first of its problems.
    problems.set('include_failed', missing.length);
    problems.set('limit', beyondLimits);
    problems.set('unreadable', unreadable.length - missing.length);
    const [first] = errors;
    const sentences = [
      ...(first === undefined ? [] : [`${first.message} in ${first.file}:${first.line}`]),
      ...missing.map(({ path, reason }) => `cannot read ${path}: ${reason}`),
    ];
    return {
      config: { content, isInvalid: sentences.length > 0, version, modifiedMs, changedMs },
      state: 'ok',
      files,
      bytes,
      problems,
      firstProblem: sentences[0] ?? '',
    };
  }

  #keep(conf: NginxConf): Kept {
    return {
      content: contentOf(conf, this.#contextOf(conf)),
      files: conf.files.length,
      beyondLimits: Object.values(conf.limits).reduce((sum, count) => sum + count, 0),
    };
  }

  /** A volume of a pod may hold only what nginx.conf includes inside `http` or `stream`. */
  #contextOf({ directives }: NginxConf): ConfContext {
    const { context, main } = this.#place;
    if (context !== 'auto') return context;
    if (directives.some(({ name, kind }) => kind === 'block' && MAIN_BLOCKS.has(name))) return 'main';
    if (!directives.some(({ name }) => name === 'server' || name === 'upstream' || name === 'map')) return 'main';
    return /stream/.test(main) ? 'stream' : 'http';
  }

  #failure(error: NodeJS.ErrnoException): DiskRead {
    const state = isDenied({ path: '', reason: error.code ?? '' }) ? 'not_permitted' : 'failed';
    const reason = `cannot read ${this.#place.main}: ${error.code ?? error.message}`;
    const isTorn = error instanceof TornReadError;
    return {
      config: null,
      state: isTorn ? 'ok' : state,
      files: 0,
      bytes: 0,
      problems: new Map(),
      firstProblem: isTorn ? error.message : reason,
    };
  }
}
