import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const LISTENER = `
const server = require('node:net').createServer();
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => process.stdout.write(String(server.address().port)));
`;

/**
 * A port of 127.0.0.1 where a connection is neither accepted nor refused: the listening process is stopped and its accept
 * queue (backlog 1 holds two) is full, so the kernel drops further SYNs.
 */
export async function openBlackhole(): Promise<{ port: number; close(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [text] = await once(child.stdout, 'data');
  const port = Number(String(text));
  child.kill('SIGSTOP');
  const fillers: Socket[] = [];
  let connected = 0;
  for (let i = 0; i < 4; i++) {
    const socket = connect(port, '127.0.0.1', () => connected++);
    socket.on('error', () => {});
    fillers.push(socket);
  }
  await delay(100);
  if (connected === fillers.length) throw new Error('accept queue did not fill');
  return {
    port,
    async close() {
      for (const socket of fillers) socket.destroy();
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
