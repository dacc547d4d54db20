import { type ConfAddress, parseConfAddress } from './nginx-conf-address.ts';
import { type ConfPlace, quoted } from './nginx-conf-problem.ts';
import type { ConfModule, Directive } from './nginx-conf-tree.ts';

/** A directive that sends requests or connections somewhere. */
export interface Pass extends ConfPlace {
  readonly module: ConfModule['module'];
  readonly directive: string;
  /** `http`, `https`, `grpcs` …; '' when none is written. */
  readonly scheme: string;
  readonly address: ConfAddress;
  /** Variables make nginx look at run time; without them the address is fixed when the configuration is loaded. */
  readonly isAtRunTime: boolean;
}

interface PassRule {
  /** Scheme and its default port; null: it must be written, unless an upstream has the name. */
  readonly schemes: readonly (readonly [scheme: string, port: number | null])[];
  readonly needsScheme: boolean;
  readonly hasUri: boolean;
  readonly defaultPort: number | null;
}

const PLAIN: PassRule = { schemes: [], needsScheme: false, hasUri: false, defaultPort: null };
/** The `ngx_*_pass` functions of nginx's modules: only proxy_pass and auth_http know a default port. */
const HTTP: Readonly<Record<string, PassRule>> = {
  proxy_pass: {
    schemes: [
      ['http', 80],
      ['https', 443],
    ],
    needsScheme: true,
    hasUri: true,
    defaultPort: null,
  },
  grpc_pass: {
    ...PLAIN,
    schemes: [
      ['grpc', null],
      ['grpcs', null],
    ],
  },
  uwsgi_pass: {
    ...PLAIN,
    schemes: [
      ['uwsgi', null],
      ['suwsgi', null],
    ],
  },
  fastcgi_pass: PLAIN,
  scgi_pass: PLAIN,
  memcached_pass: PLAIN,
  tunnel_pass: PLAIN,
};
const RULES: Readonly<Record<ConfModule['module'], Readonly<Record<string, PassRule>>>> = {
  http: HTTP,
  stream: { proxy_pass: PLAIN },
  mail: { auth_http: { schemes: [['http', 80]], needsScheme: false, hasUri: true, defaultPort: 80 } },
};

export function isPass(name: string, module: ConfModule['module']): boolean {
  return Object.hasOwn(RULES[module], name);
}

/** Reads one of these directives; a string is what nginx says of a wrong one. */
export function readPass({ name, args, file, line }: Directive, module: ConfModule['module']): Pass | string {
  const rule = RULES[module][name];
  // tunnel_pass alone has a default: where the client wants to go.
  const target = args[0] ?? (name === 'tunnel_pass' ? '$host:$request_port' : '');
  if (args.length > 1 || target === '') return `invalid number of arguments in "${name}" directive`;
  const match = /^([a-z]+):\/\//i.exec(target);
  const written = match?.[1].toLowerCase() ?? '';
  const known = rule.schemes.find(([scheme]) => scheme === written);
  const isAtRunTime = target.includes('$');
  const rest = known === undefined ? target : target.slice(match![0].length);
  const base = { module, directive: name, scheme: known?.[0] ?? '', isAtRunTime, file, line };
  const rules = { defaultPort: known === undefined ? rule.defaultPort : known[1], hasUri: rule.hasUri };
  if (isAtRunTime) return { ...base, address: variableAddress(rest, known === undefined && rule.needsScheme, rules) };
  if (known === undefined && rule.needsScheme) return 'invalid URL prefix';
  const address = parseConfAddress(rest, rules);
  return typeof address === 'string' ? `${address} in upstream ${quoted(rest)}` : { ...base, address };
}

/**
 * With variables nginx makes the text first and reads it as an address then (ngx_http_proxy_eval); where they all stand in
 * the path, as in `http://name$request_uri`, the address can be read now.
 */
function variableAddress(
  text: string,
  isWhole: boolean,
  rules: { defaultPort: number | null; hasUri: boolean },
): ConfAddress {
  const host = text.slice(0, text.indexOf('$'));
  const unknown = parseConfAddress(text, rules) as ConfAddress;
  // Behind a name without `/` the variable may go on with the name; NGINX Gateway Fabric writes `$request_uri`, which begins with `/`.
  const isPath = /^[^/?]+[/?]/.test(host) || /^\$\{?request_uri\b/.test(text.slice(host.length));
  if (isWhole || host === '' || !isPath || !rules.hasUri) return unknown;
  const address = parseConfAddress(host, rules);
  if (typeof address === 'string') return unknown;
  // The path of a socket ends at the second colon.
  return address.kind === 'unix' && address.uri === '' ? unknown : { ...address, text };
}
