import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What wrk has seen of the answers to its requests. */
export interface WrkTally {
  readonly requests: number;
  /** Received, headers included. */
  readonly bytes: number;
  /** Answers by status. */
  readonly codes: Readonly<Record<string, number>>;
  /** Connections and time-outs that went wrong. */
  readonly errors: number;
}

export interface WrkOptions {
  readonly port: number;
  /** Asked for in turn. */
  readonly paths: readonly string[];
  readonly connections: number;
  /** Requests of each connection: then it ends with none under way. */
  readonly each: number;
}

/** Asks until every connection has its answers; nothing is cut off at the end, so that a server counts as many. */
export async function runWrk({ port, paths, connections, each }: WrkOptions): Promise<WrkTally> {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-wrk-'));
  const script = join(directory, 'load.lua');
  writeFileSync(script, scriptText(paths, each));
  const args = ['-t', connections, '-c', connections, '-d', '120s', '--timeout', '60s', '-s', script];
  const child = spawn('wrk', [...args.map(String), `http://127.0.0.1:${port}/`], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
      // It sleeps until its time is over, whatever its threads do.
      if (output.split('ENDED').length > connections) child.kill('SIGINT');
    });
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('close', () => resolve());
  await promise;
  rmSync(directory, { recursive: true });
  const told = /^TALLY (.*)$/m.exec(output);
  if (told === null) throw new Error(output);
  return JSON.parse(told[1]) as WrkTally;
}

/** With one connection for each thread wrk sends its next request only after `response` has returned. */
function scriptText(paths: readonly string[], each: number): string {
  return `
local paths = {${paths.map((path) => JSON.stringify(path)).join(',')}}
local threads = {}
local sent, answered = 0, 0
codes = ''
local counts = {}
function setup(thread) table.insert(threads, thread) end
function request()
  sent = sent + 1
  return wrk.format('GET', paths[(sent - 1) % #paths + 1])
end
function response(status)
  counts[status] = (counts[status] or 0) + 1
  answered = answered + 1
  if answered < ${each} then return end
  for code, count in pairs(counts) do codes = codes .. code .. '=' .. count .. ' ' end
  io.stderr:write('ENDED\\n')
  wrk.thread:stop()
end
function done(summary)
  local sums, texts = {}, {}
  for _, thread in ipairs(threads) do
    for code, count in string.gmatch(thread:get('codes'), '(%d+)=(%d+)') do sums[code] = (sums[code] or 0) + tonumber(count) end
  end
  for code, count in pairs(sums) do table.insert(texts, '"' .. code .. '":' .. count) end
  local e = summary.errors
  print(string.format('TALLY {"requests":%d,"bytes":%d,"errors":%d,"codes":{%s}}', summary.requests, summary.bytes,
    e.connect + e.read + e.write + e.timeout, table.concat(texts, ',')))
end
`;
}
