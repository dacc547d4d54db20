import { loadConfig } from '../config/load.ts';
import { ConfigError, type Problem } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { isLoopback, parseListenAddress } from '../http/address.ts';
import { METRICS_FLAG, PAGE_FLAG } from '../http/flags.ts';
import { loadWebConfig, requiresAuthentication } from '../http/web-config.ts';

/** Prints what is wrong with a configuration file, all at once. Returns the exit code. */
export function checkConfig(file: string): number {
  const { config } = loadConfig({ file, environment: {}, flags: {} });
  const problems = listenProblems(config);
  if (problems.length > 0) throw new ConfigError(file, problems);
  const enabled = Object.entries(config.collectors).filter(([, unit]) => unit.enabled);
  process.stdout.write(`${file}: ok\ncollectors: ${enabled.map(([name]) => name).join(', ')}\n`);
  return 0;
}

/** What `serve` would refuse beyond the schema. */
function listenProblems({ listen, web }: Config): Problem[] {
  let isProtected = false;
  const checks: readonly (readonly [path: string, value: string, check: () => void])[] = [
    ['listen.metrics', listen.metrics, () => parseListenAddress(listen.metrics, METRICS_FLAG)],
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
  const { host } = parseListenAddress(page, PAGE_FLAG);
  if (!isProtected && !isLoopback(host)) {
    throw new Error('beyond loopback the page needs a web config file with authentication (web.config_file)');
  }
}
