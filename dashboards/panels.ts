import { PanelBuilder as BarsPanel } from '@grafana/grafana-foundation-sdk/bargauge';
import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  type DynamicConfigValue,
  MappingType,
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
import { PanelBuilder as StatesPanel } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesPanel } from '@grafana/grafana-foundation-sdk/timeseries';

export const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
/** Selectors of series about a gateway and of series about a node. */
export const GATEWAY = 'cluster=~"$cluster",namespace=~"$namespace",gateway=~"$gateway"';
export const NODE = 'cluster=~"$cluster",node=~"$node"';
/** Series that belong to no gateway and no node in particular. */
export const CLUSTER = 'cluster=~"$cluster"';
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

type AnyPanel = TimeseriesPanel | StatPanel | TablePanel | HeatmapPanel | BarsPanel | StatesPanel;

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

export interface Column {
  readonly name: string;
  readonly expr: string;
  readonly unit: string;
  /** Red from here on. */
  readonly limit?: number;
}

/** Rows of labels with several values; each column is a query with exactly these labels. */
export function summary(
  text: PanelText & { readonly height: number },
  labels: readonly string[],
  columns: readonly Column[],
): TablePanel {
  const panel = describe(new TablePanel(), text, text.height);
  const nameOfValue = (at: number) => `Value #${String.fromCharCode(65 + at)}`;
  columns.forEach(({ name, expr, unit, limit }, at) => {
    panel.withTarget(target({ expr, legend: name }).instant().format(prometheus.PromQueryFormat.Table));
    panel.overrideByName(name, columnStyle(unit, limit));
    if (at > 0) return;
    panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(name).desc(true)]);
  });
  return panel.withTransformation({ id: 'merge', options: {} }).withTransformation({
    id: 'organize',
    options: {
      excludeByName: { Time: true },
      indexByName: Object.fromEntries(
        [...labels, ...columns.map((_, at) => nameOfValue(at))].map((name, at) => [name, at]),
      ),
      renameByName: Object.fromEntries(columns.map(({ name }, at) => [nameOfValue(at), name])),
    },
  });
}

function columnStyle(unit: string, limit?: number): DynamicConfigValue[] {
  const style: DynamicConfigValue[] = [{ id: 'unit', value: unit }];
  if (limit === undefined) return style;
  return [
    ...style,
    { id: 'thresholds', value: redFrom(limit).build() },
    { id: 'custom.cellOptions', value: { type: 'color-text' } },
  ];
}

/** Horizontal bars of the latest values, red from `limit` on; `max` is the whole. */
export function bars(text: PanelText, queries: readonly Query[], limit: number, max?: number): BarsPanel {
  const panel = describe(new BarsPanel(), text, 8)
    .min(0)
    .thresholds(redFrom(limit))
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
  if (max !== undefined) panel.max(max);
  for (const query of queries) panel.withTarget(target(query));
  return panel;
}

/** A row a series over time, green where it is 0 and red from 1 on; `words` say what the values mean. */
export function states(
  text: PanelText,
  query: Query,
  words: Readonly<Record<string, string>>,
  isGood = false,
): StatesPanel {
  const colour = (value: string) => (isGood === Number(value) >= 1 ? 'green' : 'red');
  const options = Object.entries(words).map(([value, said], index) => [
    value,
    { text: said, index, color: colour(value) },
  ]);
  return describe(new StatesPanel(), text, 8)
    .mappings([{ type: MappingType.ValueToText, options: Object.fromEntries(options) }])
    .thresholds(isGood ? greenFrom(1) : redFrom(1))
    .mergeValues(true)
    .showValue(common.VisibilityMode.Never)
    .rowHeight(0.8)
    .legend(new common.VizLegendOptionsBuilder().showLegend(false))
    .withTarget(target(query));
}

/** A histogram over time; `expr` gives one series per `le`. */
export function heatmap(text: PanelText, expr: string): HeatmapPanel {
  return describe(new HeatmapPanel(), text, 8)
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Oranges').steps(64))
    .yAxis(new YAxisConfigBuilder().unit(text.unit))
    .withTarget(target({ expr, legend: '{{le}}' }).format(prometheus.PromQueryFormat.Heatmap));
}

function greenFrom(limit: number): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: 'red' },
    { value: limit, color: 'green' },
  ]);
}

function redFrom(limit: number): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: 'green' },
    { value: limit, color: 'red' },
  ]);
}
