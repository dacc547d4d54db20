/** A line of /proc/<pid>/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly path: string;
  /** What of its file system is mounted here; `/` for all of it. */
  readonly root: string;
  /** `ext4`, `overlay`, `tmpfs` … */
  readonly type: string;
}

/** In the order of the file: of two on one path the later one covers the other. Lines that are none are left out. */
export function parseMountInfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ', 2);
    const fields = left.split(' ');
    const type = right?.split(' ', 1)[0];
    if (type === undefined || fields.length < 6) return [];
    return [{ path: unescapeOctal(fields[4]), root: unescapeOctal(fields[3]), type }];
  });
}

/** The mount that an absolute path without links is on. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | null {
  let best: Mount | null = null;
  for (const mount of mounts) {
    const isOn = mount.path === '/' || path === mount.path || path.startsWith(`${mount.path}/`);
    if (isOn && (best === null || mount.path.length >= best.path.length)) best = mount;
  }
  return best;
}

/** Space, tab, line feed and backslash stand in octal (mangle() in fs/seq_file.c). */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
