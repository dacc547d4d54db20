import type { Html } from './html.ts';
import { html } from './html.ts';

/** What a command begins with; `ss`, `ip` and `nginx` are words too, so they need what follows them. */
const PROGRAM =
  /\b(?:kubectl|istioctl|nstat|sysctl|journalctl|systemctl|conntrack|dmesg|curl|openssl|ss(?= -)|ip(?= (?:route|addr|link|netns|neigh)\b)|nginx(?= -)|badgateway(?= (?:upstreams|explain|audit|diagnose|check-config|serve)\b))(?= [^\s])/;
/** Here prose goes on. */
const PROSE = new Set(
  'a against and are as at by for from has in is of on or says shows tells that the then there to was with'.split(' '),
);

interface Piece {
  readonly text: string;
  readonly isCommand: boolean;
}

/** A sentence whose commands stand as code that one click selects: those between backticks, else those that look so. */
export function prose(sentence: string): Html {
  const pieces = sentence.includes('`') ? quoted(sentence) : recognized(sentence);
  return html`${pieces
    .filter(({ text }) => text !== '')
    .map(({ text, isCommand }) => (isCommand ? html`<code class="cmd">${text}</code>` : html`<bdi>${text}</bdi>`))}`;
}

function quoted(sentence: string): Piece[] {
  return sentence.split('`').map((text, index) => ({ text, isCommand: index % 2 === 1 }));
}

function recognized(sentence: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = sentence.slice(0, 2000);
  for (let match = PROGRAM.exec(rest); match !== null; match = PROGRAM.exec(rest)) {
    const text = commandAt(rest.slice(match.index));
    pieces.push({ text: rest.slice(0, match.index), isCommand: false }, { text, isCommand: true });
    rest = rest.slice(match.index + text.length);
  }
  return [...pieces, { text: rest, isCommand: false }];
}

/** Up to the end of the clause, or the first word of prose. */
function commandAt(text: string): string {
  const [clause] = text.split(/[,;()…]|[.:?!](?=\s|$)/, 1);
  const words = clause.split(' ');
  const end = words.findIndex((word, index) => index > 0 && PROSE.has(word));
  return words
    .slice(0, end === -1 ? words.length : end)
    .join(' ')
    .trimEnd();
}
