/** Queries of series about network namespaces: of pods, and of the node, whose namespace and pod are empty. */
import { NODE } from './panels.ts';

/** Labels that tell a network namespace. */
export const NETWORK_LABELS = 'instance, namespace, pod, netns';
export const NETWORK_LEGEND = '{{pod}} {{netns}} {{instance}}';
/** Networks of the chosen pods, and always the node's, which carries all of them. For dashboards with a variable `pod`. */
export const NETWORK = `${NODE},namespace=~"$namespace|",pod=~"$pod|"`;

/** Growth per second of a counter of badgateway, by network namespace. */
export function networkRate(metric: string, selector: string): string {
  return `sum by (${NETWORK_LABELS}) (rate(badgateway_${metric}{${selector}}[$__rate_interval]))`;
}
