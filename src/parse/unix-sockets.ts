/** Of a socket that listens: SO_ACCEPTCON in the column Flags (unix_seq_show in net/unix/af_unix.c). */
const LISTENING = /^[0-9a-f]+: [0-9A-F]{8} [0-9A-F]{8} 00010000 /gm;

/** How many sockets listen, by the text of `net/unix`. */
export function countUnixListeners(text: string): number {
  return text.match(LISTENING)?.length ?? 0;
}
