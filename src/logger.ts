import { writeSync } from 'node:fs';
import pino from 'pino';
import type { Logger } from './contract/unit.ts';

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'auto' | 'json' | 'text';
}

/** Of lines that could not be written yet. */
const KEPT_BYTES = 1024 * 1024;
const RETRY_MS = 1000;

/** Logs go to standard error: constant sentence plus fields, as JSON or, for people, as one line of text. Where they cannot be written they wait. */
export function createLogger({ level, format }: LoggerOptions): Logger {
  const text = format === 'text' || (format === 'auto' && process.stderr.isTTY);
  const options: pino.LoggerOptions = {
    level,
    base: null,
    messageKey: 'msg',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  const write = standardError((lines) => logger.warn({ lines }, 'log lines were lost while they could not be written'));
  const logger = pino(options, { write: text ? (line: string) => write(asText(line)) : write });
  return logger;
}

/**
 * Neither a full disk nor a reader that is slow or gone ends or delays the process: what is seen matters more than its log.
 * @param onLost told, once there is room, how many lines were not kept
 */
function standardError(onLost: (lines: number) => void): (line: string) => void {
  const waiting: Buffer[] = [];
  let bytes = 0;
  let lost = 0;
  let retry: NodeJS.Timeout | undefined;
  const flush = () => {
    retry = undefined;
    try {
      for (let [first] = waiting; first !== undefined; [first] = waiting) {
        const written = writeSync(2, first);
        bytes -= written;
        if (written === first.length) waiting.shift();
        else waiting[0] = first.subarray(written);
      }
    } catch {
      retry = setTimeout(flush, RETRY_MS).unref();
      return;
    }
    if (lost === 0) return;
    const lines = lost;
    lost = 0;
    onLost(lines);
  };
  return (line) => {
    if (bytes > KEPT_BYTES) {
      lost++;
      return;
    }
    const last = Buffer.from(line);
    waiting.push(last);
    bytes += last.length;
    if (retry === undefined) flush();
  };
}

/** `12:00:00 info  collector state  collector=netstat state=ok` */
function asText(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`,
  );
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${msg}${pairs.length > 0 ? `  ${pairs.join(' ')}` : ''}\n`;
}
