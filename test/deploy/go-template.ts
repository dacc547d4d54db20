/**
 * The part of Go's template language that the chart uses, so that its manifests can be tested where helm is not installed.
 * test/deploy/helm.test.ts holds what it renders against the real helm.
 */
export type Value = unknown;
export type Functions = Readonly<Record<string, (...args: Value[]) => Value>>;

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: string[] }
  | { readonly kind: 'assign'; readonly name: string; readonly pipe: string[] }
  | { readonly kind: 'if' | 'with'; readonly branches: readonly Branch[] }
  | {
      readonly kind: 'range';
      readonly names: readonly string[];
      readonly pipe: string[];
      readonly body: readonly Node[];
    };
interface Branch {
  /** null: else. */
  readonly pipe: string[] | null;
  readonly body: readonly Node[];
}
type Variables = ReadonlyMap<string, Value>;

const TOKEN = /"(?:[^"\\]|\\.)*"|:=|[()|,]|\$?\.?[\w$][\w.]*|\.[\w.]*/g;
const WORDS = /^(if|with|range|else|end|define)\b/;

/** Text and actions in turn, white space trimmed where `{{-` and `-}}` say so; comments left out. */
function split(source: string): { readonly text: string; readonly isAction: boolean }[] {
  const trimmed = source.replace(/\s*\{\{- /g, '{{ ').replace(/ -\}\}\s*/g, ' }}');
  return trimmed
    .split(/(\{\{.*?\}\})/s)
    .map((text, at) => ({ text: at % 2 === 1 ? text.slice(2, -2).trim() : text, isAction: at % 2 === 1 }))
    .filter(({ text, isAction }) => !(isAction && text.startsWith('/*')));
}

export class GoTemplates {
  readonly #defined = new Map<string, readonly Node[]>();
  readonly #functions: Functions;

  constructor(functions: Functions) {
    this.#functions = { ...functions, include: (name, dot) => this.#run(this.#named(name as string), dot) };
  }

  /** Takes the `define` blocks of a file. */
  define(source: string): void {
    this.#parse(split(source), { at: 0 }, true);
  }

  render(source: string, dot: Value): string {
    return this.#run(this.#parse(split(source), { at: 0 }, true), dot);
  }

  #named(name: string): readonly Node[] {
    const nodes = this.#defined.get(name);
    if (nodes === undefined) throw new Error(`no template ${name}`);
    return nodes;
  }

  #parse(parts: ReturnType<typeof split>, cursor: { at: number }, isTop = false): Node[] {
    const nodes: Node[] = [];
    for (; cursor.at < parts.length; cursor.at++) {
      const { text, isAction } = parts[cursor.at];
      if (!isAction) {
        nodes.push({ kind: 'text', text });
        continue;
      }
      const word = WORDS.exec(text)?.[1];
      if (word === 'else' || word === 'end') {
        if (isTop) throw new Error(`stray ${text}`);
        return nodes;
      }
      const tokens = (text.match(TOKEN) ?? []).slice(word === undefined ? 0 : 1);
      cursor.at += word === undefined ? 0 : 1;
      if (word === 'define') this.#defined.set(JSON.parse(tokens[0]), this.#parse(parts, cursor));
      else if (word === 'if' || word === 'with')
        nodes.push({ kind: word, branches: this.#branches(tokens, parts, cursor) });
      else if (word === 'range') {
        const assigned = tokens.indexOf(':=');
        const names = tokens.slice(0, Math.max(assigned, 0)).filter((token) => token !== ',');
        nodes.push({ kind: 'range', names, pipe: tokens.slice(assigned + 1), body: this.#parse(parts, cursor) });
      } else if (tokens[1] === ':=') nodes.push({ kind: 'assign', name: tokens[0], pipe: tokens.slice(2) });
      else nodes.push({ kind: 'print', pipe: tokens });
    }
    if (!isTop) throw new Error('no end');
    return nodes;
  }

  #branches(first: string[], parts: ReturnType<typeof split>, cursor: { at: number }): Branch[] {
    const branches: Branch[] = [{ pipe: first, body: this.#parse(parts, cursor) }];
    while (parts[cursor.at].text.startsWith('else')) {
      const tokens = (parts[cursor.at].text.match(TOKEN) ?? []).slice(1);
      cursor.at++;
      branches.push({ pipe: tokens[0] === 'if' ? tokens.slice(1) : null, body: this.#parse(parts, cursor) });
    }
    return branches;
  }

  #run(nodes: readonly Node[], dot: Value, outer: Variables = new Map([['$', dot]])): string {
    let variables = outer;
    let out = '';
    for (const node of nodes) {
      if (node.kind === 'text') out += node.text;
      else if (node.kind === 'assign') {
        variables = new Map([...variables, [node.name, this.#pipeline([...node.pipe], dot, variables)]]);
      } else if (node.kind === 'print') {
        const value = this.#pipeline([...node.pipe], dot, variables);
        if (value === undefined) throw new Error(`nothing there: ${node.pipe.join(' ')}`);
        out += String(value);
      } else if (node.kind === 'range') out += this.#range(node, dot, variables);
      else {
        for (const { pipe, body } of node.branches) {
          const value = pipe === null ? true : this.#pipeline([...pipe], dot, variables);
          if (!isTrue(value)) continue;
          out += this.#run(body, node.kind === 'with' && pipe !== null ? value : dot, variables);
          break;
        }
      }
    }
    return out;
  }

  #range({ names, pipe, body }: Node & { kind: 'range' }, dot: Value, variables: Variables): string {
    const over = this.#pipeline([...pipe], dot, variables) as object;
    const entries = Array.isArray(over)
      ? [...over.entries()]
      : Object.entries(over).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries
      .map(([key, value]) => {
        const own: [string, Value][] =
          names.length === 2
            ? [
                [names[0], key],
                [names[1], value],
              ]
            : names.map((name) => [name, value]);
        return this.#run(body, value, new Map([...variables, ...own]));
      })
      .join('');
  }

  /** Consumes tokens up to the end or a closing bracket; the result of each command is the last argument of the next. */
  #pipeline(tokens: string[], dot: Value, variables: Variables): Value {
    let piped: Value[] = [];
    for (;;) {
      const args: Value[] = [];
      while (tokens.length > 0 && tokens[0] !== '|' && tokens[0] !== ')')
        args.push(this.#operand(tokens, dot, variables));
      args.push(...piped);
      const [first, ...rest] = args;
      const value = typeof first === 'function' ? first(...rest) : first;
      if (typeof first !== 'function' && rest.length > 0) throw new Error(`no function: ${String(first)}`);
      const next = tokens.shift();
      if (next !== '|') return value;
      piped = [value];
    }
  }

  #operand(tokens: string[], dot: Value, variables: Variables): Value {
    const token = tokens.shift() as string;
    if (token === '(') return this.#pipeline(tokens, dot, variables);
    if (token.startsWith('"')) return JSON.parse(token);
    if (/^-?\d+$/.test(token)) return Number(token);
    if (token === 'true' || token === 'false') return token === 'true';
    const [head, ...path] = token.split('.');
    if (head === '' || head.startsWith('$')) {
      if (head !== '' && !variables.has(head)) throw new Error(`no variable ${head}`);
      const start = head === '' ? dot : variables.get(head);
      return path.filter((key) => key !== '').reduce((value, key) => (value as Record<string, Value>)?.[key], start);
    }
    const found = this.#functions[token];
    if (found === undefined) throw new Error(`no function ${token}`);
    return found;
  }
}

function isTrue(value: Value): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
