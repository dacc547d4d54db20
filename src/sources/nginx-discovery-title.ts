/** What a running nginx master was started with, from its process title. */
export interface MasterTitle {
  /** argv[0]; a path when nginx was started by one. */
  readonly program: string;
  /** -c */
  readonly config: string | undefined;
  /** -p */
  readonly prefix: string | undefined;
  /** -e */
  readonly errorLog: string | undefined;
  /** -g: directives of the main context. */
  readonly directives: string;
}

const TITLE = /^(?:nginx|angie): master process (\S+)(.*)$/s;

/**
 * Reads `/proc/<pid>/cmdline` of an nginx master: one string of the program and its arguments joined by single spaces
 * (ngx_init_setproctitle, src/os/unix/ngx_setproctitle.c), then NULs. Spaces inside an argument cannot be told from
 * those between, so a path with spaces is cut; -g, whose value has them, goes on to the next option.
 * Any process may write such a title: it is a claim. null when it is no nginx master.
 */
export function parseMasterTitle(cmdline: string): MasterTitle | null {
  const title = TITLE.exec(cmdline.split('\0', 1)[0]);
  if (title === null) return null;
  const [, program, rest] = title;
  const options = new Map<string, string>();
  let current = '';
  for (const word of rest.split(' ').filter((part) => part !== '')) {
    const option = /^-[?hvVtTqs]*([cpegs])(.*)$/s.exec(word);
    if (option !== null) {
      current = option[1];
      options.set(current, option[2]);
    } else if (current === 'g' || options.get(current) === '') {
      options.set(current, `${options.get(current)} ${word}`.trimStart());
    }
  }
  const path = (option: string) => options.get(option) || undefined;
  return { program, config: path('c'), prefix: path('p'), errorLog: path('e'), directives: path('g') ?? '' };
}
