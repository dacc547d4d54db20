import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatmapPanel,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesPanel } from '@grafana/grafana-foundation-sdk/timeseries';

export const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
/** Selectors of series about a gateway and of series about a node. */
export const GATEWAY = 'namespace=~"$namespace",gateway=~"$gateway"';
export const NODE = 'node=~"$node"';
/** What a panel says that is empty when all is well. */
export const QUIET = 'none';

/** What every panel says: what it shows and how to read it. */
export interface PanelText {
  readonly title: string;
  readonly description: string;
  /** A Grafana unit: `reqps`, `percentunit`, `bytes`, `short`. */
  readonly unit: string;
  readonly width: number;
  /** Shown when the query has no result: why that is normal. */
  readonly noValue?: string;
  /** Another dashboard that says more of a series that is clicked. */
  readonly link?: { readonly title: string; readonly url: string };
}

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

type AnyPanel = TimeseriesPanel | StatPanel | TablePanel | HeatmapPanel;

function describe<P extends AnyPanel>(panel: P, text: PanelText, height: number): P {
  panel
    .title(text.title)
    .description(text.description)
    .unit(text.unit)
    .datasource(DATASOURCE)
    .height(height)
    .span(text.width);
  if (text.noValue !== undefined) panel.noValue(text.noValue);
  if (text.link !== undefined) panel.dataLinks([new DashboardLinkBuilder(text.link.title).url(text.link.url)]);
  return panel;
}

function target({ expr, legend }: Query): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder().expr(expr).legendFormat(legend).datasource(DATASOURCE);
}

/** Lines over time; `limit` draws a red line. */
export function lines(text: PanelText, queries: readonly Query[], limit?: number): TimeseriesPanel {
  const panel = describe(new TimeseriesPanel(), text, 8)
    .min(0)
    .fillOpacity(5)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (limit !== undefined) {
    panel
      .thresholds(redFrom(limit))
      .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  }
  for (const query of queries) panel.withTarget(target(query));
  return panel;
}

/** Stacked bars: only for parts of a whole, or events of which each is seen. */
export function stackedBars(text: PanelText, ...queries: readonly Query[]): TimeseriesPanel {
  return lines(text, queries)
    .drawStyle(common.GraphDrawStyle.Bars)
    .fillOpacity(80)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
}

/** One number, red from `limit` on. */
export function number(text: PanelText, expr: string, limit: number): StatPanel {
  return numbers(text, [{ expr, legend: text.title }], limit);
}

/** Numbers of one unit side by side, each with its legend as name and red from `limit` on. */
export function numbers(text: PanelText, queries: readonly Query[], limit: number): StatPanel {
  const panel = describe(new StatPanel(), text, 6)
    .thresholds(redFrom(limit))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .graphMode(common.BigValueGraphMode.Area);
  for (const query of queries) panel.withTarget(target(query));
  return panel;
}

/** Rows of labels with a value; `columns` in order, the value last. */
export function table(
  text: PanelText & { readonly height: number },
  expr: string,
  columns: readonly string[],
): TablePanel {
  const order = [...columns, 'Value'];
  return describe(new TablePanel(), text, text.height)
    .withTarget(target({ expr, legend: '' }).instant().format(prometheus.PromQueryFormat.Table))
    .withTransformation({ id: 'filterFieldsByName', options: { include: { names: order } } })
    .withTransformation({
      id: 'organize',
      options: { indexByName: Object.fromEntries(order.map((name, index) => [name, index])) },
    })
    .sortBy([new common.TableSortByFieldStateBuilder().displayName('Value').desc(true)]);
}

/** A histogram over time; `expr` gives one series per `le`. */
export function heatmap(text: PanelText, expr: string): HeatmapPanel {
  return describe(new HeatmapPanel(), text, 8)
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Oranges').steps(64))
    .yAxis(new YAxisConfigBuilder().unit(text.unit))
    .withTarget(target({ expr, legend: '{{le}}' }).format(prometheus.PromQueryFormat.Heatmap));
}

function redFrom(limit: number): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: 'green' },
    { value: limit, color: 'red' },
  ]);
}
