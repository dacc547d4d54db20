/**
 * Whether glob(3) as nginx calls it (no flags) finds `path` for `pattern`: `*`, `?` and `[..]` match no slash and no dot at the
 * start of a name; a backslash takes the meaning from the next character. Steps are bounded by the product of the lengths.
 */
export function matchesWildcard(path: string, pattern: string): boolean {
  const [names, patterns] = [path.split('/'), pattern.split('/')];
  return names.length === patterns.length && names.every((name, index) => matchesName(name, patterns[index]));
}

function matchesName(name: string, pattern: string): boolean {
  if (name.startsWith('.') && /^[*?[]/.test(pattern)) return false;
  let [at, part] = [0, 0];
  // Where to go back to: behind the last star, and what it has taken.
  let [starPart, starAt] = [-1, 0];
  while (at < name.length || part < pattern.length) {
    if (pattern[part] === '*') {
      [starPart, starAt] = [++part, at];
      continue;
    }
    const width = at < name.length ? matchOne(name[at], pattern, part) : 0;
    if (width > 0) {
      at++;
      part += width;
    } else if (starPart >= 0 && starAt < name.length) {
      at = ++starAt;
      part = starPart;
    } else return false;
  }
  return true;
}

/** How many characters of the pattern match this one character of the name; 0: it does not match. */
function matchOne(character: string, pattern: string, part: number): number {
  const mark = pattern[part];
  if (mark === undefined) return 0;
  if (mark === '?') return 1;
  if (mark === '\\' && part + 1 < pattern.length) return pattern[part + 1] === character ? 2 : 0;
  if (mark !== '[') return mark === character ? 1 : 0;
  // A `]` that comes first is a member.
  const isNegated = pattern[part + 1] === '!' || pattern[part + 1] === '^';
  const first = part + (isNegated ? 2 : 1);
  const end = pattern.indexOf(']', first + 1);
  if (end < 0) return character === '[' ? 1 : 0;
  return isMember(character, pattern.slice(first, end)) === isNegated ? 0 : end + 1 - part;
}

function isMember(character: string, set: string): boolean {
  for (let at = 0; at < set.length; at++) {
    if (set[at + 1] === '-' && at + 2 < set.length) {
      if (set[at] <= character && character <= set[at + 2]) return true;
      at += 2;
    } else if (set[at] === character) return true;
  }
  return false;
}
