/** The part of Grafana's classic dashboard JSON that a preview draws. */
export interface PreviewDashboard {
  readonly title: string;
  readonly uid: string;
  /** Of its time picker: `now-3h`. */
  readonly from: string;
  readonly variables: readonly string[];
  readonly panels: readonly PreviewPanel[];
  readonly annotations: readonly { readonly name: string; readonly expr: string }[];
}

export interface PreviewPanel {
  readonly type: string;
  readonly title: string;
  readonly place: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly unit: string;
  readonly noValue: string;
  readonly min: number | null;
  readonly max: number | null;
  readonly steps: readonly ThresholdStep[];
  readonly targets: readonly PreviewTarget[];
  /** Lines on top of each other, as bars. */
  readonly isStacked: boolean;
  /** The threshold is drawn as a line. */
  readonly showsThreshold: boolean;
  readonly words: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
  readonly table: PreviewTable;
}

export interface ThresholdStep {
  /** Null: from the beginning. */
  readonly value: number | null;
  readonly color: string;
}

export interface PreviewTarget {
  readonly expr: string;
  readonly legend: string;
  readonly isInstant: boolean;
}

export interface PreviewTable {
  /** Columns in order, as the answer names them: labels, `Value`, `Value #A`. */
  readonly order: readonly string[];
  readonly names: Readonly<Record<string, string>>;
  /** By the name that is shown. */
  readonly styles: Readonly<Record<string, { readonly unit?: string; readonly steps?: readonly ThresholdStep[] }>>;
  readonly sortBy: { readonly name: string; readonly isDescending: boolean } | null;
}

type Json = Readonly<Record<string, unknown>>;
const MOST_PANELS = 200;
const MOST_TARGETS = 20;

/** @throws Error that says what is missing. */
export function readDashboard(text: string): PreviewDashboard {
  const json = objectOf(JSON.parse(text));
  const { title, uid } = json;
  if (typeof title !== 'string' || typeof uid !== 'string' || !Array.isArray(json.panels))
    throw new Error('it is no dashboard of the classic model: title, uid or panels are missing');
  return {
    title,
    uid,
    from: stringOf(objectOf(json.time).from, 'now-3h'),
    variables: listOf(objectOf(json.templating).list).map(({ name }) => stringOf(name)),
    panels: listOf(json.panels).slice(0, MOST_PANELS).map(panelOf),
    annotations: listOf(objectOf(json.annotations).list)
      .filter(({ expr }) => typeof expr === 'string')
      .map(({ name, expr }) => ({ name: stringOf(name), expr: stringOf(expr) })),
  };
}

function panelOf(panel: Json): PreviewPanel {
  const place = objectOf(panel.gridPos);
  const fieldConfig = objectOf(panel.fieldConfig);
  const defaults = objectOf(fieldConfig.defaults);
  const custom = objectOf(defaults.custom);
  const [x, y, w, h] = ['x', 'y', 'w', 'h'].map((side) => numberOf(place[side], 0));
  return {
    ...{ type: stringOf(panel.type), title: stringOf(panel.title), place: { x, y, w, h } },
    ...{ unit: stringOf(defaults.unit), noValue: stringOf(defaults.noValue, 'No data') },
    ...{ min: numberOf(defaults.min, null), max: numberOf(defaults.max, null) },
    steps: stepsOf(defaults.thresholds),
    targets: listOf(panel.targets)
      .slice(0, MOST_TARGETS)
      .map(({ expr, legendFormat, instant }) => ({
        ...{ expr: stringOf(expr), legend: stringOf(legendFormat), isInstant: instant === true },
      })),
    isStacked: objectOf(custom.stacking).mode === 'normal',
    showsThreshold: !['', 'off'].includes(stringOf(objectOf(custom.thresholdsStyle).mode)),
    words: wordsOf(defaults.mappings),
    table: tableOf(panel, listOf(fieldConfig.overrides)),
  };
}

function wordsOf(mappings: unknown): PreviewPanel['words'] {
  const pairs = listOf(mappings).flatMap(({ options }) => Object.entries(objectOf(options)));
  return Object.fromEntries(
    pairs.map(([value, said]) => {
      const { text, color } = objectOf(said);
      return [value, { text: stringOf(text, value), color: stringOf(color) }];
    }),
  );
}

function tableOf(panel: Json, overrides: readonly Json[]): PreviewTable {
  const options = Object.assign({}, ...listOf(panel.transformations).map((one) => objectOf(one.options))) as Json;
  const indexes = Object.entries(objectOf(options.indexByName));
  const [sort] = listOf(objectOf(panel.options).sortBy);
  return {
    order: indexes.toSorted(([, a], [, b]) => Number(a) - Number(b)).map(([name]) => name),
    names: Object.fromEntries(Object.entries(objectOf(options.renameByName)).map(([from, to]) => [from, stringOf(to)])),
    styles: Object.fromEntries(overrides.map(styleOf)),
    sortBy: sort === undefined ? null : { name: stringOf(sort.displayName), isDescending: sort.desc === true },
  };
}

function styleOf({ matcher, properties }: Json): [string, { unit?: string; steps?: readonly ThresholdStep[] }] {
  const values = new Map(listOf(properties).map(({ id, value }) => [id, value]));
  const unit = values.get('unit');
  const thresholds = values.get('thresholds');
  return [
    stringOf(objectOf(matcher).options),
    {
      ...(typeof unit === 'string' && { unit }),
      ...(thresholds !== undefined && { steps: stepsOf(thresholds) }),
    },
  ];
}

function stepsOf(thresholds: unknown): ThresholdStep[] {
  return listOf(objectOf(thresholds).steps).map(({ value, color }) => ({
    value: numberOf(value, null),
    color: stringOf(color),
  }));
}

/** Colour of the highest step that the value reaches. */
export function colorAt(steps: readonly ThresholdStep[], value: number): string {
  return steps.findLast((step) => step.value === null || value >= step.value)?.color ?? '';
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function stringOf(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : otherwise;
}

function numberOf<T extends number | null>(value: unknown, otherwise: T): number | T {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}
