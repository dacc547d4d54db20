/** A controller that has nginx as its child, and what it says on its command line that it serves. */
export interface IngressClass {
  readonly controller: 'ingress_nginx' | 'nginx_ingress_controller';
  /** `--ingress-class`; '' when it is not given: the controller's default, `nginx`, is not taken for said. */
  readonly ingress_class: string;
  /** `--controller-class`, the `spec.controller` of the IngressClasses that it serves; '' when it is not given. */
  readonly controller_class: string;
}

/** ingress-nginx, and the NGINX Ingress Controller of F5. */
const PROGRAMS: ReadonlyMap<string, IngressClass['controller']> = new Map([
  ['nginx-ingress-controller', 'ingress_nginx'],
  ['nginx-ingress', 'nginx_ingress_controller'],
]);
/** Names of objects and of controllers (`k8s.io/ingress-nginx`): what else stands there is no class. */
const CLASS = /^[A-Za-z0-9][A-Za-z0-9./_-]{0,252}$/;

/** Reads `/proc/<pid>/cmdline`: words that end with NUL. Null: it is no such controller. */
export function readIngressClass(cmdline: string): IngressClass | null {
  const [program, ...words] = cmdline.split('\0');
  const controller = PROGRAMS.get(program.slice(program.lastIndexOf('/') + 1));
  if (controller === undefined) return null;
  const ingress_class = flagOf(words, 'ingress-class');
  return { controller, ingress_class, controller_class: flagOf(words, 'controller-class') };
}

/** `-name=value`, `--name=value` or two words; of several the last counts, as it does for Go. */
function flagOf(words: readonly string[], name: string): string {
  let value = '';
  for (const [at, word] of words.entries()) {
    const [, flag, given] = /^--?([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (flag === name) value = given ?? words[at + 1] ?? '';
  }
  return CLASS.test(value) ? value : '';
}
