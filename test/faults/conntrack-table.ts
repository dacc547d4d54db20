import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import type { Network } from './network.ts';

/** As many established connections as the table of the namespace holds. Its limit is the machine's, so the entries are many. */
export async function fillConntrack(cleanup: Cleanup, network: Network): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-conntrack-'));
  cleanup.after(() => rmSync(directory, { recursive: true, force: true }));
  const [file, most] = [
    join(directory, 'entries'),
    Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_max', 'utf8')),
  ];
  if (most > 600_000) throw new Error(`a table of ${most} entries is too big to be filled`);
  const out = createWriteStream(file);
  let text = '';
  for (let entry = 0; entry < most; entry++) {
    const [client, port] = [`192.168.${Math.floor(entry / 60_000)}.1`, 1024 + (entry % 60_000)];
    text += `-A -t 400 -u SEEN_REPLY,ASSURED -s ${client} -d 172.16.0.1 -r 172.16.0.1 -q ${client} -p tcp --sport ${port} --dport 80 --reply-port-src 80 --reply-port-dst ${port} --state ESTABLISHED\n`;
    if (entry % 10_000 === 9_999) {
      if (!out.write(text)) await once(out, 'drain');
      text = '';
    }
  }
  out.end(text);
  await once(out, 'finish');
  // It ends with an error when the packets of others have taken a place.
  await network.runLong(`conntrack -R ${file} > /dev/null 2>&1 || true`);
}
