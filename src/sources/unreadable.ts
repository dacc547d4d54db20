/** What the usual codes of the system mean, for who has named a file. */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'it is a directory; name a file in it',
  EACCES: 'this user may not read it',
  ELOOP: 'its links lead in a circle',
};

/** Why a file cannot be read: the code, and in words where that is known. */
export function whyUnreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return code in WORDS ? `${code}: ${WORDS[code]}` : code;
}
