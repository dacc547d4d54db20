import { posix } from 'node:path';
import { type Ending, NginxConfLexer } from './nginx-conf-lexer.ts';
import { type ConfFile, type ConfProblem, quoted } from './nginx-conf-problem.ts';
import { isData, isLua, shapeProblem } from './nginx-conf-shape.ts';
import type { ConfLimit, Directive, DirectiveKind, NginxConf } from './nginx-conf-tree.ts';

/**
 * The files that an `include` names, in the order of their names; `pattern` is absolute when the main file's path is. Empty
 * for a pattern without wildcards is an error for nginx. What cannot be read is thrown.
 */
export type ResolveInclude = (pattern: string) => readonly ConfFile[];

export interface ConfReadOptions {
  readonly resolve?: ResolveInclude;
  /** Directory that relative includes are in; the main file's own by default, as in nginx (conf_prefix). */
  readonly prefix?: string;
  /** Name of the block that the main file's top level is in; only for `server`, which is a line in `upstream`. */
  readonly block?: string;
  readonly limits?: Partial<typeof CONF_LIMITS>;
}

/** Far beyond real configurations; nginx itself has none of these. `bytes` counts UTF-16 units, of every reading of a file. */
export const CONF_LIMITS = {
  nesting: 64,
  bytes: 64 << 20,
  directives: 1_000_000,
  arguments: 10_000,
  includeDepth: 16,
  files: 10_000,
  problems: 100,
};

const NOTHING: readonly Directive[] = [];

interface Block {
  /** Name of the directive whose block it is; '' at the top. */
  readonly parent: string;
  readonly isData: boolean;
  readonly into: Directive[];
}

interface Source {
  readonly path: string;
  readonly lexer: NginxConfLexer;
}

/**
 * Reads nginx configuration: `file` and what it includes. Never throws: a file is read up to its first error of syntax, where
 * nginx would refuse the whole, and its problem is in the result; the files around it are read on. Only what a reader of
 * upstreams has to know is checked; nginx knows more directives and more errors.
 */
export function readNginxConf(file: ConfFile, options: ConfReadOptions = {}): NginxConf {
  return new ConfReader(file, options).read(file, options.block ?? '');
}

class ConfReader {
  readonly #resolve: ResolveInclude;
  readonly #prefix: string;
  readonly #most: typeof CONF_LIMITS;
  readonly #open: string[] = [];
  readonly #files = new Set<string>();
  readonly #problems: ConfProblem[] = [];
  readonly #limits: Record<ConfLimit, number> = {
    ...{ nesting: 0, bytes: 0, directives: 0, arguments: 0 },
    ...{ include_depth: 0, include_cycle: 0, files: 0, problems: 0 },
  };
  #depth = 0;
  #bytes = 0;
  #directives = 0;
  #visits = 0;

  constructor(file: ConfFile, { resolve = () => [], prefix, limits }: ConfReadOptions) {
    this.#resolve = resolve;
    this.#prefix = prefix ?? posix.dirname(file.path);
    this.#most = { ...CONF_LIMITS, ...limits };
  }

  read(file: ConfFile, parent: string): NginxConf {
    const directives: Directive[] = [];
    this.#readFile(file, { parent, isData: false, into: directives }, { file: file.path, line: 1 });
    return { directives, files: [...this.#files], problems: this.#problems, limits: this.#limits };
  }

  #report(kind: ConfProblem['kind'], message: string, place: { file: string; line: number }): void {
    if (this.#problems.length < this.#most.problems)
      this.#problems.push({ kind, message, file: place.file, line: place.line });
    else this.#limits.problems++;
  }

  #hit(limit: ConfLimit, message: string, place: { file: string; line: number }): false {
    this.#limits[limit]++;
    this.#report('limit', message, place);
    return false;
  }

  /** `from`: the place that asks for the file. */
  #readFile({ path, text }: ConfFile, block: Block, from: { file: string; line: number }): void {
    const most = this.#most;
    if (this.#open.includes(path)) return void this.#hit('include_cycle', `${quoted(path)} includes itself`, from);
    if (this.#open.length > most.includeDepth)
      return void this.#hit('include_depth', `includes are deeper than ${most.includeDepth}`, from);
    if (this.#visits >= most.files) return void this.#hit('files', `more than ${most.files} files`, from);
    if (this.#bytes + text.length > most.bytes) return void this.#hit('bytes', `more than ${most.bytes} bytes`, from);
    this.#visits++;
    this.#bytes += text.length;
    this.#files.add(path);
    this.#open.push(path);
    this.#readBlock({ path, lexer: new NginxConfLexer(text, most.arguments) }, block, true);
    this.#open.pop();
  }

  /** False when the rest of the file cannot be read. */
  #readBlock(source: Source, block: Block, isFile: boolean): boolean {
    const { lexer, path } = source;
    for (;;) {
      const ending = lexer.next();
      if (ending === 'problem') {
        this.#report(lexer.problem!.kind, lexer.problem!.message, { file: path, line: lexer.problem!.line });
        return false;
      }
      if (ending === 'end') {
        if (!isFile)
          this.#report('unexpected_end', 'unexpected end of file, expecting "}"', { file: path, line: lexer.line });
        return isFile;
      }
      if (ending === '}') {
        if (isFile) this.#report('unexpected_character', 'unexpected "}"', { file: path, line: lexer.line });
        return !isFile;
      }
      if (this.#directives >= this.#most.directives)
        return this.#hit('directives', `more than ${this.#most.directives} directives`, {
          file: path,
          line: lexer.line,
        });
      this.#directives++;
      if (!this.#readDirective(source, block, ending)) return false;
    }
  }

  #readDirective(source: Source, { parent, isData: inData, into }: Block, ending: Ending): boolean {
    const { lexer, path } = source;
    const { words, wordLine: line } = lexer;
    const name = words[0];
    const args = words.slice(1);
    if (lexer.dropped > 0) this.#hit('arguments', `more than ${this.#most.arguments} words`, { file: path, line });
    if (ending === ';') {
      const directive: Directive = { name, args, file: path, line, kind: 'simple', body: NOTHING };
      into.push(directive);
      if (!inData) this.#checkShape(directive, parent);
      if (name === 'include') this.#include(directive, { parent, isData: inData, into });
      return true;
    }
    if (inData) {
      this.#report('unexpected_character', 'unexpected "{"', { file: path, line: lexer.line });
      return false;
    }
    const kind: DirectiveKind = isLua(name) ? 'lua' : isData(name) ? 'data' : 'block';
    const body: Directive[] = [];
    const directive: Directive = { name, args, file: path, line, kind, body };
    into.push(directive);
    this.#checkShape(directive, parent);
    return kind === 'lua' ? this.#readLua(source, args) : this.#readBody(source, directive, body);
  }

  #readBody(source: Source, { name, kind }: Directive, body: Directive[]): boolean {
    const place = { file: source.path, line: source.lexer.line };
    if (this.#depth >= this.#most.nesting)
      return this.#hit('nesting', `blocks are deeper than ${this.#most.nesting}`, place);
    this.#depth++;
    const isRead = this.#readBlock(source, { parent: name, isData: kind === 'data', into: body }, false);
    this.#depth--;
    return isRead;
  }

  #readLua({ lexer, path }: Source, args: string[]): boolean {
    const lua = lexer.readLua();
    if (lua === null)
      this.#report(lexer.problem!.kind, lexer.problem!.message, { file: path, line: lexer.problem!.line });
    else args.push(lua);
    return lua !== null;
  }

  #checkShape(directive: Directive, parent: string): void {
    const message = shapeProblem(directive, parent);
    if (message !== null) this.#report('invalid_directive', message, directive);
  }

  #include(directive: Directive, block: Block): void {
    const [pattern] = directive.args;
    if (directive.args.length !== 1) {
      this.#report('invalid_directive', 'invalid number of arguments in "include" directive', directive);
      return;
    }
    // nginx puts the two together as they are (ngx_get_full_name); a `..` stays in the name of the file.
    const full = pattern.startsWith('/') ? pattern : `${this.#prefix.replace(/\/$/, '')}/${pattern}`;
    let files: readonly ConfFile[] = [];
    try {
      files = this.#resolve(full);
      if (files.length === 0 && !/[*?[]/.test(full))
        this.#report('include_failed', `open() ${quoted(full)} failed`, directive);
    } catch (error) {
      this.#report('include_failed', `open() ${quoted(full)} failed (${(error as Error).message})`, directive);
    }
    for (const file of files) this.#readFile(file, block, directive);
  }
}
