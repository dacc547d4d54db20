import type { Fault } from '../fault.ts';
import { onePod } from './sockets.ts';

/** The gateway's kernel has given up by itself long before nginx would: 502, not 504. */
const gaveUp = (
  name: string,
  what: string,
  {
    symptom,
    sysctl,
    rule,
  }: { readonly symptom: 'connect_timeout' | 'response_timeout'; readonly sysctl: string; readonly rule: string },
): Fault => ({
  ...{ name, what, proxy: 'nginx', expected: { [symptom]: 1 }, symptoms: [symptom] },
  async stage(scene) {
    const pod = await onePod(scene, {}, 'proxy_connect_timeout 30s; proxy_send_timeout 30s; proxy_read_timeout 30s;');
    await scene.watch({ counters: true });
    scene.gateway.network.run(`sysctl -qw ${sysctl}`);
    pod.network.run(`iptables -A INPUT -p tcp --dport 8080 ${rule} -j DROP`);
    return await scene.provoke({ count: 20, together: 20 });
  },
});

export const NGINX_KERNEL_TIMEOUT_FAULTS: readonly Fault[] = [
  gaveUp(
    'kernel-gives-up-connecting',
    'SYNs are dropped, and the kernel sends two in 3 s; nginx would wait for 30 s (connect() failed, 110)',
    {
      ...{ symptom: 'connect_timeout', sysctl: 'net.ipv4.tcp_syn_retries=1', rule: '' },
    },
  ),
  gaveUp(
    'kernel-gives-up-sending',
    'what is sent is dropped, and the kernel gives up repeating it; nginx would wait for 30 s (recv() failed, 110)',
    {
      ...{ symptom: 'response_timeout', sysctl: 'net.ipv4.tcp_retries2=2', rule: '--tcp-flags PSH PSH' },
    },
  ),
];
