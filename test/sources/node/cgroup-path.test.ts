import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCgroup } from '../../../src/sources/node/cgroup-path.ts';

const ID = '0123456789abcdef'.repeat(4);
const OTHER = 'f'.repeat(64);
const UID = '3b0c1c9e-5f0a-4d7e-9c52-0a1b2c3d4e5f';
const SLICE = UID.replaceAll('-', '_');
const STATIC = 'a3e1b4c5d6f708192a3b4c5d6e7f8091';

/** What kubelet and runtimes write: pkg/kubelet/cm/cgroup_manager_linux.go, and the fixtures of coroot's node agent. */
const ROWS: readonly [what: string, text: string, podUid: string, containerId: string][] = [
  ['cgroupfs, burstable', `0::/kubepods/burstable/pod${UID}/${ID}`, UID, ID],
  ['cgroupfs, guaranteed', `0::/kubepods/pod${UID}/${ID}`, UID, ID],
  [
    'systemd, containerd',
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SLICE}.slice/cri-containerd-${ID}.scope`,
    UID,
    ID,
  ],
  ['systemd, guaranteed', `0::/kubepods.slice/kubepods-pod${SLICE}.slice/cri-containerd-${ID}.scope`, UID, ID],
  [
    'systemd, CRI-O',
    `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${SLICE}.slice/crio-${ID}.scope`,
    UID,
    ID,
  ],
  [
    'CRI-O, a cgroup of the container’s own below',
    `0::/kubepods.slice/kubepods-pod${SLICE}.slice/crio-${ID}.scope/container`,
    UID,
    ID,
  ],
  ['systemd, docker', `0::/kubepods.slice/kubepods-pod${SLICE}.slice/docker-${ID}.scope`, UID, ID],
  [
    'containerd without the systemd driver',
    `0::/system.slice/containerd.service/kubepods-burstable-pod${SLICE}.slice:cri-containerd:${ID}`,
    UID,
    ID,
  ],
  ['the pod itself', `0::/kubepods.slice/kubepods-pod${SLICE}.slice`, UID, ''],
  ['a static pod, cgroupfs', `0::/kubepods/burstable/pod${STATIC}/${ID}`, STATIC, ID],
  [
    'a static pod, systemd',
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${STATIC}.slice/cri-containerd-${ID}.scope`,
    STATIC,
    ID,
  ],
  [
    'seen from another cgroup namespace',
    `0::/../../kubepods-burstable-pod${SLICE}.slice/cri-containerd-${ID}.scope`,
    UID,
    ID,
  ],
  ['kind', `0::/docker/${OTHER}/kubelet/kubepods/burstable/pod${UID}/${ID}`, UID, ID],
  [
    'kind with systemd',
    `0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${SLICE}.slice/cri-containerd-${ID}.scope`,
    UID,
    ID,
  ],
  ['the node of kind itself', `0::/docker/${OTHER}/system.slice/containerd.service`, '', OTHER],
  ['docker', `0::/docker/${ID}`, '', ID],
  ['docker with systemd', `0::/system.slice/docker-${ID}.scope`, '', ID],
  ['podman', `0::/machine.slice/libpod-${ID}.scope/container`, '', ID],
  ['v1, the pod on a later line', `12:cpuset:/\n4:memory:/kubepods/pod${UID}/${ID}\n0::/`, UID, ID],
  [
    'v1, systemd’s own hierarchy beside a container',
    `1:name=systemd:/docker/${OTHER}\n2:cpu:/kubepods/pod${UID}/${ID}\n`,
    UID,
    ID,
  ],
  ['the monitor of CRI-O', `0::/kubepods.slice/kubepods-pod${SLICE}.slice/crio-conmon-${ID}.scope`, '', ''],
  ['the monitor of podman', `0::/machine.slice/libpod-conmon-${ID}.scope`, '', ''],
  ['Talos', '0::/podruntime/kubelet', '', ''],
  ['a service', '0::/system.slice/nginx.service', '', ''],
  ['the root', '0::/', '', ''],
  ['a forged pod below its own', `0::/kubepods/pod${UID}/${ID}/pod${STATIC}/${OTHER}`, UID, ID],
  ['names that only look alike', `0::/mypod${UID}/x/pod${UID}0/${ID}0`, '', ''],
  ['nothing', '', '', ''],
  ['no cgroup line', `kubepods/pod${UID}`, '', ''],
];

describe('parseCgroup', () => {
  for (const [what, text, podUid, containerId] of ROWS)
    it(what, () => assert.deepEqual(parseCgroup(text), { podUid, containerId }));
});
