import { loadConfig } from '../config/load.ts';

/** Prints what is wrong with a configuration file, all at once. Returns the exit code. */
export function checkConfig(file: string): number {
  const { config } = loadConfig({ file, environment: {}, flags: {} });
  const enabled = Object.entries(config.collectors).filter(([, unit]) => unit.enabled);
  process.stdout.write(`${file}: ok\ncollectors: ${enabled.map(([name]) => name).join(', ')}\n`);
  return 0;
}
