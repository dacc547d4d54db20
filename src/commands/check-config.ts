import { LARGEST_FILE, loadConfig } from '../config/load.ts';
import { ConfigError, type Problem } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { ADDRESS_FORM, isLoopback, type ListenAddress, readListenAddress } from '../http/address.ts';
import { METRICS_FLAG, PAGE_FLAG, WEB_CONFIG_FLAG } from '../http/flags.ts';
import { loadWebConfig, requiresAuthentication } from '../http/web-config.ts';
import { whyUnreadable } from '../sources/unreadable.ts';
import { readAll, tellOfTerminal } from './standard-input.ts';

const STANDARD_INPUT = 'standard input';

/** The command: returns the exit code. @throws ConfigError with all that is wrong. */
export async function runCheckConfig(file: string): Promise<number> {
  return file === '-' ? checkConfig(STANDARD_INPUT, await readInput()) : checkConfig(file);
}

async function readInput(): Promise<string> {
  tellOfTerminal('the configuration');
  try {
    return await readAll(process.stdin, LARGEST_FILE);
  } catch (error) {
    const message = `cannot be read (${whyUnreadable(error)})`;
    throw new ConfigError(STANDARD_INPUT, [{ path: '', value: '', message }]);
  }
}

/** @param text of the file, where it is not to be read */
export function checkConfig(file: string, text?: string): number {
  const { config } = loadConfig({ file, text, environment: {}, flags: {}, check: listenProblems });
  const enabled = Object.entries(config.collectors).filter(([, unit]) => unit.enabled);
  process.stdout.write(`${file}: ok\ncollectors: ${enabled.map(([name]) => name).join(', ')}\n`);
  return 0;
}

/** What `serve` refuses beyond the schema. */
export function listenProblems({ listen, web }: Config): Problem[] {
  let isProtected = false;
  const checks: readonly (readonly [path: string, value: string, check: () => void])[] = [
    ['listen.metrics', listen.metrics, () => addressOf(listen.metrics, METRICS_FLAG)],
    ['web.config_file', web.config_file, () => (isProtected = isAuthenticated(web.config_file))],
    ['listen.page', listen.page, () => checkPage(listen.page, isProtected)],
  ];
  return checks.flatMap(([path, value, check]) => {
    try {
      check();
      return [];
    } catch (error) {
      return [{ path, value: JSON.stringify(value), message: (error as Error).message }];
    }
  });
}

function isAuthenticated(file: string): boolean {
  return file !== '' && requiresAuthentication(loadWebConfig(file).config);
}

function checkPage(page: string, isProtected: boolean): void {
  const { host } = addressOf(page, PAGE_FLAG);
  if (!isProtected && !isLoopback(host)) {
    throw new Error(
      `the page shows what fails and where, so beyond loopback it needs authentication: name a web config file with it (web.config_file or ${WEB_CONFIG_FLAG}), or listen on 127.0.0.1:9503`,
    );
  }
}

function addressOf(text: string, flag: string): ListenAddress {
  const address = readListenAddress(text);
  if (address === undefined) throw new Error(`${ADDRESS_FORM} (on the command line: ${flag})`);
  return address;
}
