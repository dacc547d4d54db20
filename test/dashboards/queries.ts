/** The part of Grafana's classic dashboard JSON that the tests read. */
export interface DashboardJson {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly editable: boolean;
  readonly tags: readonly string[];
  readonly panels: readonly PanelJson[];
  readonly templating: { readonly list: readonly VariableJson[] };
  readonly annotations: {
    readonly list: readonly {
      readonly name: string;
      readonly enable: boolean;
      readonly expr: string;
      readonly iconColor?: string;
      readonly datasource?: { readonly uid: string };
    }[];
  };
}
export interface VariableJson {
  readonly type: string;
  readonly name: string;
  readonly query: string;
  readonly refresh?: number;
  readonly allValue?: string;
  readonly datasource?: { readonly uid: string };
}
export interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly datasource: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit?: string;
      readonly noValue?: string;
      readonly links?: readonly { readonly title: string; readonly url: string }[];
    };
  };
  readonly options: { readonly legend?: { readonly showLegend: boolean } };
  readonly targets: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
    readonly instant?: boolean;
    readonly datasource?: { readonly uid: string };
  }[];
}

export const panelsOf = (dashboard: DashboardJson) => dashboard.panels.filter(({ type }) => type !== 'row');

/** Queries of panels and annotations. */
export function allExpressions(dashboard: DashboardJson): string[] {
  return [
    ...panelsOf(dashboard).flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...dashboard.annotations.list.map(({ expr }) => expr),
  ];
}

/** What Grafana sends with every variable at "All" and a scrape interval of one second. */
export function substitute(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '8s')
    .replaceAll('$__range', '1m')
    .replaceAll('[2m]', '[8s]')
    .replaceAll(':1m]', ':2s]')
    .replace(/\$(cluster|namespace|gateway|pod|cause|node)\b/g, '.*');
}
