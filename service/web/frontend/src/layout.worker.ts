// Layered layout, off the main thread. The same request always gives the same places.

import { Graph, layout } from "@dagrejs/dagre";
import type { LayoutAnswer, LayoutRequest } from "./model";

function lay(request: LayoutRequest): LayoutAnswer {
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 48, edgesep: 12, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of request.slots) graph.setNode(id, { width, height });
  for (const [source, target] of request.edges) graph.setEdge(source, target);
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
