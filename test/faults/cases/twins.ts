import type { AppOptions } from '../app.ts';
import type { Fault, Provoked } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import { envoyWorld } from './envoy-world.ts';

/** What belongs to the one gateway and not to the other. */
interface OfGateway {
  /** Lines of nginx's `location`. */
  readonly location?: string;
  /** Fields of Envoy's cluster. */
  readonly cluster?: object;
}

/** Puts the gateway before pods, in the place of its configuration. */
export type Front = (scene: Scene, pods: readonly StagedPod[], of?: OfGateway) => Promise<void>;

const nginx: Front = async (scene, pods, { location = '' } = {}) => {
  await scene.nginxTo(
    pods.map(({ ip }) => `${ip}:8080 max_fails=0`),
    { location },
  );
};

const envoy: Front = async (scene, pods, { cluster = {} } = {}) => {
  const ips = pods.map(({ ip }) => ip);
  await scene.envoyTo(envoyWorld(ips, cluster));
};

type Common = Pick<Fault, 'name' | 'what' | 'expected' | 'symptoms' | 'upstream' | 'logged' | 'loggedBriefly'>;

/** The same fault behind both: the one under its name, the other with `-envoy` after it, and what is told otherwise of that. */
export function twins(
  fault: Common,
  ofEnvoy: Partial<Common>,
  stage: (scene: Scene, front: Front) => Promise<Provoked>,
): readonly Fault[] {
  const name = `${fault.name}-envoy`;
  return [
    { ...fault, proxy: 'nginx', stage: (scene) => stage(scene, nginx) },
    {
      ...fault,
      what: 'the same behind Envoy',
      ...ofEnvoy,
      name,
      proxy: 'envoy',
      stage: (scene) => stage(scene, envoy),
    },
  ];
}

/** shop/cart on one pod, ready for the API, and the gateway in front of it. */
export async function onePodBehind(
  front: Front,
  scene: Scene,
  { app = {}, ...of }: OfGateway & { readonly app?: Partial<AppOptions> } = {},
): Promise<StagedPod> {
  const pod = await scene.pod('cart-1', app);
  scene.service('cart', [pod.endpoint()]);
  await front(scene, [pod], of);
  return pod;
}

/** The same on two, well until `watch` returns. */
export async function twoPodsBehind(front: Front, scene: Scene, of: OfGateway = {}) {
  const [stays, goes] = [await scene.pod('cart-1'), await scene.pod('cart-2')];
  scene.service('cart', [stays.endpoint(), goes.endpoint()]);
  await front(scene, [stays, goes], of);
  await scene.watch();
  return { stays, goes };
}
