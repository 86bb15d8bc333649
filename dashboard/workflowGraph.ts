/** Where the jobs of a workflow stand in its picture: in layers from left to right, each job behind those that it depends on. */

export interface GraphJob {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

export interface PlacedJob {
  readonly name: string;
  /** Of its upper left corner. */
  readonly x: number;
  readonly y: number;
}

export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  /** Of a path in SVG. */
  readonly d: string;
}

export interface WorkflowGraph {
  readonly width: number;
  readonly height: number;
  readonly jobs: readonly PlacedJob[];
  readonly edges: readonly PlacedEdge[];
}

export const jobWidth = 180;
export const jobHeight = 44;
const columnGap = 64;
/** Between the columns of one layer, which has none of its own edges. */
const innerGap = 14;
const rowGap = 12;
/** A layer that is higher is laid in columns, wide as a screen is. */
const maxRows = 12;
const screenRatio = 1.6;
const sweeps = 4;

/** A job that is named and not there is left out. Jobs in any order; circles cannot be, and would lie in the first layer. */
export function layOut(jobs: readonly GraphJob[]): WorkflowGraph {
  const layers = layersOf(jobs);
  const ordered = orderedLayers(layers, jobs);
  const places = new Map<string, PlacedJob>();
  const rowsOf = ordered.map(({ length }) => rowsFor(length));
  const most = Math.max(0, ...rowsOf);
  const heightOf = (rows: number): number => rows * (jobHeight + rowGap) - rowGap;
  let left = 0;
  for (const [index, layer] of ordered.entries()) {
    const rows = rowsOf[index] ?? 1;
    const columns = Math.ceil(layer.length / rows);
    const top = (heightOf(most) - heightOf(rows)) / 2;
    for (const [number, name] of layer.entries()) {
      const x = left + Math.floor(number / rows) * (jobWidth + innerGap);
      places.set(name, { name, x, y: top + (number % rows) * (jobHeight + rowGap) });
    }
    left += columns * (jobWidth + innerGap) - innerGap + columnGap;
  }
  const edges = jobs.flatMap(({ name, dependsOn }) =>
    dependsOn.flatMap((before): PlacedEdge[] => {
      const [from, to] = [places.get(before), places.get(name)];
      return from === undefined || to === undefined ? [] : [{ from: before, to: name, d: curve(from, to) }];
    }),
  );
  return { width: Math.max(0, left - columnGap), height: Math.max(0, heightOf(most)), jobs: [...places.values()], edges };
}

/** Each job in the first layer behind all that it depends on. */
function layersOf(jobs: readonly GraphJob[]): readonly (readonly string[])[] {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const waitsFor = new Map(jobs.map(({ name, dependsOn }) => [name, new Set(dependsOn.filter((one) => byName.has(one))).size]));
  const dependants = Map.groupBy(
    jobs.flatMap(({ name, dependsOn }) => [...new Set(dependsOn)].map((before) => ({ before, name }))),
    ({ before }) => before,
  );
  const layers: string[][] = [];
  let layer = jobs.filter(({ name }) => waitsFor.get(name) === 0).map(({ name }) => name);
  while (layer.length > 0) {
    layers.push(layer);
    const next: string[] = [];
    for (const { name } of layer.flatMap((one) => dependants.get(one) ?? [])) {
      const left = (waitsFor.get(name) ?? 0) - 1;
      waitsFor.set(name, left);
      if (left === 0) next.push(name);
    }
    layer = next;
  }
  return layers;
}

/** So that few edges cross: each job as high as its neighbours are in the mean, from left to right and back. */
function orderedLayers(layers: readonly (readonly string[])[], jobs: readonly GraphJob[]): readonly (readonly string[])[] {
  const before = new Map(jobs.map(({ name, dependsOn }) => [name, dependsOn]));
  const behind = new Map<string, string[]>();
  for (const { name, dependsOn } of jobs) {
    for (const one of dependsOn) {
      const known = behind.get(one);
      if (known === undefined) behind.set(one, [name]);
      else known.push(name);
    }
  }
  const heights = new Map(layers.flatMap((layer) => layer.map((name, index) => [name, (index + 0.5) / layer.length] as const)));
  const ordered = layers.map((layer) => layer.slice());
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const isForward = sweep % 2 === 0;
    const neighbours = isForward ? before : behind;
    for (const layer of isForward ? ordered : ordered.toReversed()) {
      const wanted = new Map(layer.map((name) => [name, mean(neighbours.get(name) ?? [], heights) ?? heights.get(name) ?? 0]));
      layer.sort((one, other) => (wanted.get(one) ?? 0) - (wanted.get(other) ?? 0));
      for (const [index, name] of layer.entries()) heights.set(name, (index + 0.5) / layer.length);
    }
  }
  return ordered;
}

function mean(names: readonly string[], heights: ReadonlyMap<string, number>): number | undefined {
  const known = names.flatMap((name) => heights.get(name) ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0) / known.length;
}

function rowsFor(jobs: number): number {
  if (jobs <= maxRows) return jobs;
  const columns = Math.round(Math.sqrt((jobs * screenRatio * (jobHeight + rowGap)) / (jobWidth + innerGap)));
  return Math.max(maxRows, Math.ceil(jobs / Math.max(1, columns)));
}

function curve(from: PlacedJob, to: PlacedJob): string {
  const [x1, y1, x2, y2] = [from.x + jobWidth, from.y + jobHeight / 2, to.x, to.y + jobHeight / 2];
  const bend = Math.max(24, Math.min(80, (x2 - x1) / 2));
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
