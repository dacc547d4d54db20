import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const PROJECT = resolve(import.meta.dirname, '../..');
const SETPRIV = [
  ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
  ...['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'],
];

/**
 * A command that runs what follows as the agent runs by default: uid 65534, no capability, no group. Where nobody else may enter the
 * directory of the project (a clone in a home), a mount namespace of its own shows the same paths with directories that all may enter.
 */
export function asNobody(project = PROJECT): string[] {
  const closed = firstClosed(project);
  if (closed === null) return SETPRIV;
  const entries = readdirSync(project).map((name) => join(project, name));
  return ['unshare', '--mount', 'sh', '-ec', SHOW, 'sh', closed, String(entries.length), ...entries, ...SETPRIV];
}

/** `$1` gets a file system of its own in which only the entries are seen; they are held open meanwhile by binds elsewhere. */
const SHOW = `
closed=$1 count=$2; shift 2
hold=$(mktemp -d); mount -t tmpfs none "$hold"
for at in $(seq "$count"); do
  eval "entry=\\\${$at}"
  if [ -d "$entry" ]; then mkdir "$hold/$at"; else : > "$hold/$at"; fi
  mount --bind "$entry" "$hold/$at"
done
mount -t tmpfs -o mode=755 none "$closed"
for at in $(seq "$count"); do
  eval "entry=\\\${$at}"
  mkdir -p "$(dirname "$entry")"
  if [ -d "$hold/$at" ]; then mkdir "$entry"; else : > "$entry"; fi
  mount --bind "$hold/$at" "$entry"
done
umount -l "$hold"; rmdir "$hold"
cd "$PWD"
shift "$count"
exec "$@"`;

/** The outermost directory on the way that others may not enter; null: none. */
function firstClosed(path: string): string | null {
  const above = dirname(path) === path ? null : firstClosed(dirname(path));
  return above ?? ((statSync(path).mode & 0o001) === 0 ? path : null);
}
