import { showInvisible } from '../http/html.ts';

export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

const CODES: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 };
const LEAST_WIDTH = 40;
const HANG = 4;

export interface PaintOptions {
  /** Columns of the terminal; null cuts and wraps nothing. */
  readonly width: number | null;
  readonly hasColour: boolean;
}

/** Text for a terminal: nothing from outside reaches it as a control sequence, lines are wrapped with a hanging indent. */
export class Paint {
  readonly #width: number | null;
  readonly #hasColour: boolean;

  constructor({ width, hasColour }: PaintOptions) {
    this.#width = width === null ? null : Math.max(width, LEAST_WIDTH);
    this.#hasColour = hasColour;
  }

  /** `head` stands before the first line, as many blanks before the others; `text` is escaped. Ends with a newline. */
  block(head: string, text: string, colour?: Colour): string {
    const indent = ' '.repeat(head.length);
    const lines = this.#wrap(showInvisible(text), head.length);
    return lines.map((line, at) => `${at === 0 ? head : indent}${this.#paint(line, colour)}\n`).join('');
  }

  /** One line whatever its length: what is to be copied. */
  whole(head: string, text: string, colour?: Colour): string {
    return `${head}${this.#paint(showInvisible(text), colour)}\n`;
  }

  /** Wrapped, with a label of its own colour before the text. */
  labelled(label: string, colour: Colour, text: string): string {
    const [first, ...rest] = this.#wrap(`${label}${showInvisible(text)}`, HANG);
    const shown = `${this.#paint(label, colour)}${this.#paint(first.slice(label.length), 'bold')}`;
    const indent = ' '.repeat(Math.min(label.length, HANG));
    return [shown, ...rest.map((line) => `${indent}${this.#paint(line, 'bold')}`)].map((line) => `${line}\n`).join('');
  }

  /** At spaces; a word that is longer than a line is left whole: an address or command is to be copied. */
  #wrap(text: string, indent: number): string[] {
    if (this.#width === null) return [text];
    const room = this.#width - indent;
    const lines: string[] = [];
    let line = '';
    for (const word of text.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > room) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, line];
  }

  #paint(text: string, colour?: Colour): string {
    return this.#hasColour && colour !== undefined && text !== '' ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
  }
}
