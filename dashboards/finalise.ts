import { createHash } from 'node:crypto';
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';

const ANNOTATION_COLOUR = 'orange';
type AnyPanel = Panel | RowPanel;

/**
 * Repairs what the SDK leaves open: panels without an id and rows with id 0 (grafana/grafana#15229, #60777: links to a
 * panel break), targets without refId (#115404), annotations without colour, `placement`, which old Grafanas do not know.
 * Ids come from the titles, so that an inserted panel does not change the others'.
 */
export function finalise(dashboard: Dashboard): Dashboard {
  const seen = new Map<number, string>();
  const panels = (dashboard.panels ?? []).map((panel) => {
    const title = panel.title ?? '';
    const id = idOf(title);
    if (seen.has(id)) throw new Error(`"${title}" and "${seen.get(id)}" have the same id; rename one`);
    seen.set(id, title);
    return finalisePanel({ ...panel, id });
  });
  return {
    ...dashboard,
    panels,
    annotations: {
      list: (dashboard.annotations?.list ?? []).map((one) =>
        withoutPlacement({ ...one, iconColor: one.iconColor || ANNOTATION_COLOUR }),
      ),
    },
    links: (dashboard.links ?? []).map(withoutPlacement),
  };
}

function finalisePanel(panel: AnyPanel): AnyPanel {
  if (!('targets' in panel) || panel.targets === undefined) return panel;
  const targets = panel.targets.map((target, index) => ({ ...target, refId: String.fromCharCode(65 + index) }));
  const { fieldConfig } = panel;
  if (fieldConfig?.defaults.links === undefined) return { ...panel, targets };
  const links = fieldConfig.defaults.links.map(withoutPlacement);
  return { ...panel, targets, fieldConfig: { ...fieldConfig, defaults: { ...fieldConfig.defaults, links } } };
}

function idOf(title: string): number {
  return (createHash('sha256').update(title).digest().readUInt32BE() % 1_000_000) + 1;
}

function withoutPlacement<T extends { placement?: unknown }>(object: T): T {
  const { placement: _, ...rest } = object;
  return rest as T;
}
