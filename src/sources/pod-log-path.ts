/** The pod that a log path belongs to. */
export interface PodLog {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
}

const POD_LOG = /\/pods\/([a-z0-9-]{1,63})_([a-z0-9.-]{1,253})_([a-f0-9-]{32,36})\/([a-z0-9-]{1,63})\/[^/]+$/;
const POD_DIRECTORY = /^([a-z0-9-]{1,63})_([a-z0-9.-]{1,253})_([a-f0-9-]{32,36})$/;
/** Deployment `name-<template hash>-<5>`, DaemonSet and Job `name-<5>`, StatefulSet `name-<ordinal>`. */
const GENERATED = /^(.+?)(?:-[bcdf-hj-np-tv-xz2456789]{6,10})?-(?:[bcdf-hj-np-tv-xz2456789]{5}|\d{1,5})$/;

/** Reads namespace, pod, uid and container from `/var/log/pods/<ns>_<pod>_<uid>/<container>/<n>.log` (kubelet's layout). */
export function podOfLogPath(path: string): PodLog | null {
  const match = POD_LOG.exec(path);
  if (match === null) return null;
  const [, namespace, pod, uid, container] = match;
  return { namespace, pod, uid, container };
}

/** Reads namespace, pod and uid from a directory's name in `/var/log/pods`: `<ns>_<pod>_<uid>`. */
export function podOfLogDirectory(name: string): Omit<PodLog, 'container'> | null {
  const match = POD_DIRECTORY.exec(name);
  if (match === null) return null;
  const [, namespace, pod, uid] = match;
  return { namespace, pod, uid };
}

/**
 * The workload behind a generated pod name, without the API: the suffixes that controllers add are cut (the alphabet of
 * k8s.io/apimachinery util/rand). A pod that only looks generated loses its last part.
 */
export function workloadOfPod(pod: string): string {
  return GENERATED.exec(pod)?.[1] ?? pod;
}

/** Where container runtimes write: what they have not put around a line there is nobody's. */
const CONTAINER_LOG = /\/pods\/[^/]+\/[^/]+\/[^/]+$|\/var\/log\/containers\/|-json\.log(?:\.\d+)?$/;

export function isContainerLog(path: string): boolean {
  return CONTAINER_LOG.test(path);
}
