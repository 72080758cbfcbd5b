// Layered layout, off the main thread. The same request always gives the same places.

import { Graph, layout } from "@dagrejs/dagre";
import type { LaneTry, LayoutAnswer, LayoutRequest } from "./model";

const NODE_GAP = 16;
const LAYER_GAP = 40;
const LANE_LAYER_GAP = 28;

/**
 * The layer of each slot: as close to the top as its dependents allow.
 *
 * If a layer would be wider than `widest`, slots without dependencies go to the next one.
 */
function layers({ slots: shown, edges }: LayoutRequest, widest: number): Map<string, number> {
  const below = new Map<string, string[]>(shown.map(({ id }) => [id, []]));
  const dependents = new Map<string, number>(shown.map(({ id }) => [id, 0]));
  for (const [source, target] of edges) {
    below.get(source)!.push(target);
    dependents.set(target, dependents.get(target)! + 1);
  }
  const depth = new Map<string, number>(shown.map(({ id }) => [id, 0]));
  const ready = shown.filter(({ id }) => !dependents.get(id)).map(({ id }) => id);
  for (const id of ready) {
    for (const target of below.get(id)!) {
      depth.set(target, Math.max(depth.get(target)!, depth.get(id)! + 1));
      dependents.set(target, dependents.get(target)! - 1);
      if (!dependents.get(target)) ready.push(target);
    }
  }
  for (let layer = 0; layer <= Math.max(0, ...depth.values()); layer++) {
    const here = shown.filter(({ id }) => depth.get(id) === layer);
    let width = here.reduce((sum, slot) => sum + slot.width + NODE_GAP, 0);
    for (const slot of here.reverse()) {
      if (width <= widest) break;
      if (below.get(slot.id)!.length) continue;
      depth.set(slot.id, layer + 1);
      width -= slot.width + NODE_GAP;
    }
  }
  return depth;
}

/**
 * For each slot the edges from the layer right above it, else one from the nearest layer.
 *
 * Longer ones pass through the gaps between slots: space reserved for them would make lanes too wide.
 */
function nearestOf(edges: [string, string][], layer: Map<string, number>): [string, string][] {
  const apart = ([source, target]: [string, string]) => layer.get(target)! - layer.get(source)!;
  const nearest = new Map<string, [string, string]>();
  for (const edge of edges) {
    const before = nearest.get(edge[1]);
    if (!before || apart(edge) < apart(before)) nearest.set(edge[1], edge);
  }
  return edges.filter((edge) => apart(edge) === 1 || nearest.get(edge[1]) === edge);
}

/** In lanes, folds are in a row of their own at the bottom, below the first slot. */
function layInLanes(request: LayoutRequest, wanted: LaneTry): LayoutAnswer {
  const slots = request.slots.filter((slot) => !slot.fold);
  const folds = request.slots.filter((slot) => slot.fold);
  const ids = new Set(folds.map(({ id }) => id));
  const edges = request.edges.filter((edge) => !edge.some((id) => ids.has(id)));
  const answer = lay({ ...request, slots, edges }, wanted);
  const width = folds.reduce((sum, fold) => sum + fold.width + NODE_GAP, -NODE_GAP);
  let left = (answer.places[slots[0]?.id ?? ""]?.x ?? 0) - width / 2;
  for (const fold of folds) {
    answer.places[fold.id] = { x: left + fold.width / 2, y: answer.height + LANE_LAYER_GAP };
    left += fold.width + NODE_GAP;
  }
  return answer;
}

function lay(request: LayoutRequest, wanted?: LaneTry): LayoutAnswer {
  const graph = new Graph();
  const ranksep = wanted ? LANE_LAYER_GAP : LAYER_GAP;
  const align = wanted?.align;
  const rankdir = request.sideways ? "LR" : "TB";
  graph.setGraph({ rankdir, align, nodesep: NODE_GAP, ranksep, edgesep: 4, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of request.slots) graph.setNode(id, { width, height });
  const layer = wanted ? layers(request, wanted.widest) : new Map<string, number>();
  const edges = wanted ? nearestOf(request.edges, layer) : request.edges;
  for (const [source, target] of edges) {
    const apart = (layer.get(target) ?? 1) - (layer.get(source) ?? 0);
    graph.setEdge(source, target, { minlen: Math.max(1, apart) });
  }
  layout(graph);
  const places: LayoutAnswer["places"] = {};
  for (const { id } of request.slots) {
    const { x, y } = graph.node(id) as { x: number; y: number };
    places[id] = { x, y };
  }
  const bends: LayoutAnswer["bends"] = {};
  if (!wanted)
    for (const [source, target] of edges) {
      const { points } = graph.edge(source, target) as { points: { x: number; y: number }[] };
      bends[`${source} ${target}`] = points.map(({ x, y }) => ({ x, y }));
    }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { places, bends, width, height };
}

self.addEventListener("message", (event: MessageEvent<LayoutRequest>) => {
  const { tries } = event.data;
  self.postMessage(
    tries.length ? tries.map((each) => layInLanes(event.data, each)) : [lay(event.data)],
  );
});
