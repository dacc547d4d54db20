import pino from 'pino';
import type { Logger } from './contract/unit.ts';

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'auto' | 'json' | 'text';
}

/** Logs go to standard error: constant sentence plus fields, as JSON or, for people, as one line of text. */
export function createLogger({ level, format }: LoggerOptions): Logger {
  const text = format === 'text' || (format === 'auto' && process.stderr.isTTY);
  const options: pino.LoggerOptions = {
    level,
    base: null,
    messageKey: 'msg',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, text ? { write: (line: string) => process.stderr.write(asText(line)) } : pino.destination(2));
}

/** `12:00:00 info  collector state  collector=netstat state=ok` */
function asText(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`,
  );
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${msg}${pairs.length > 0 ? `  ${pairs.join(' ')}` : ''}\n`;
}
