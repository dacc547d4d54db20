/** The pod that this process runs in, beside the gateway; '' when it is not told. */
export interface OwnPod {
  readonly namespace: string;
  readonly pod: string;
}

export function ownPod(environment: Readonly<Record<string, string | undefined>>): OwnPod {
  const { POD_NAMESPACE: namespace = '', POD_NAME: pod = '' } = environment;
  return { namespace, pod };
}
