/** Lines of an error log, bare and as container runtimes write them. */
import { messageWith, USUAL_MESSAGES } from '../../src/parse/usual-messages.ts';

export const head = (level = 'error') => `2026/11/21 03:03:03 [${level}] 31#32: *7 `;
export const fields = (upstream: string) =>
  `10.0.0.1, server: a, request: "GET / HTTP/1.1", upstream: "${upstream}", host: "a"`;
export const [FIRST] = USUAL_MESSAGES;
/** A usual line about this peer. */
export const at = (peer: string, message = FIRST) => head() + messageWith(message, peer) + fields(`http://${peer}/`);
export const PEER = '10.0.0.1:80';
export const cri = (text: string, tag = 'F', stream = 'stderr') =>
  `2026-11-21T03:00:00.123456789Z ${stream} ${tag} ${text}`;
/** `end`: empty where the runtime has split the line. */
export const docker = (text: string, end = '\n') =>
  JSON.stringify({ log: text + end, stream: 'stderr', time: '2026-11-21T03:00:00.1Z' });
export const joined = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
