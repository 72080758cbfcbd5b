// Layered layout, off the main thread. The same request always gives the same places.

import { Graph, layout } from "@dagrejs/dagre";
import type { LayoutAnswer, LayoutRequest } from "./model";

const NODE_GAP = 16;

/**
 * The layer of each slot: as near to the top as its dependents allow, what is folded below all.
 *
 * Where a layer would be wider than `widest`, slots without dependencies go to the next one.
 */
function layers(request: LayoutRequest, widest: number): Map<string, number> {
  const shown = request.slots.filter((slot) => !slot.fold);
  const below = new Map<string, string[]>(shown.map(({ id }) => [id, []]));
  const dependents = new Map<string, number>(shown.map(({ id }) => [id, 0]));
  for (const [source, target] of request.edges) {
    if (!below.has(source) || !below.has(target)) continue;
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
  let last = 0;
  for (; last <= Math.max(0, ...depth.values()); last++) {
    const here = shown.filter(({ id }) => depth.get(id) === last);
    let width = here.reduce((sum, slot) => sum + slot.width + NODE_GAP, 0);
    for (const slot of here.reverse()) {
      if (width <= widest) break;
      if (below.get(slot.id)!.length) continue;
      depth.set(slot.id, last + 1);
      width -= slot.width + NODE_GAP;
    }
  }
  for (const { id, fold } of request.slots) if (fold) depth.set(id, last);
  return depth;
}

function lay(request: LayoutRequest): LayoutAnswer {
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: NODE_GAP, ranksep: 40, edgesep: 4, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of request.slots) graph.setNode(id, { width, height });
  const layer = request.widest ? layers(request, request.widest) : new Map<string, number>();
  for (const [source, target] of request.edges) {
    const minlen = (layer.get(target) ?? 1) - (layer.get(source) ?? 0);
    graph.setEdge(source, target, { minlen });
  }
  layout(graph);
  const places: LayoutAnswer["places"] = {};
  for (const { id } of request.slots) {
    const { x, y } = graph.node(id) as { x: number; y: number };
    places[id] = { x, y };
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { places, width, height };
}

self.addEventListener("message", (event: MessageEvent<LayoutRequest>) => {
  self.postMessage(lay(event.data));
});
