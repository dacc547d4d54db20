/** Markup that is safe to send; only `html` makes it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | readonly Html[] | null | false;

const LONGEST = 600;
/** Most texts: nothing in them is markup or hidden. */
const PLAIN = /^[\w .,:;/()[\]%+·-]*$/;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/**
 * Control characters, those that hide text or turn its direction, fillers that look like nothing, and tags: shown by
 * their number, so that nothing deceives.
 */
const INVISIBLE =
  /\u034f|[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** A template whose every value is escaped unless it is Html itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((string, index) => string + (index < parts.length ? render(parts[index]) : '')).join(''));
}

/** Escapes for text and quoted attributes; cuts what is longer than 600 characters. */
export function escapeHtml(value: string): string {
  if (value.length <= LONGEST && PLAIN.test(value)) return value;
  const cut = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  return showInvisible(cut).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** For any place where people read: control characters and those that deceive stand as `\u001b`. */
export function showInvisible(value: string): string {
  return value.toWellFormed().replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0)!.toString(16).padStart(4, '0');
    return code.length > 4 ? `\\u{${code}}` : `\\u${code}`;
  });
}

/** As `showInvisible`, of a text whose lines are our own. */
export function showInvisibleInLines(text: string): string {
  return text.split('\n').map(showInvisible).join('\n');
}

/** A link target: http(s) or a path or fragment of this page, else `#`. */
export function safeHref(href: string): string {
  return /^(https?:\/\/|\/(?!\/)|#)/i.test(href) ? href : '#';
}

function render(part: Part): string {
  if (part === null || part === false) return '';
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map((piece: Html) => piece.text).join('');
  return escapeHtml(String(part));
}
