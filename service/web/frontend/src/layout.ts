// Where the nodes of a picture go: one layout of its slots, a copy of it a lane.

import type { LayoutAnswer, LayoutRequest, Picture, PictureNode } from "./model";

export interface Size {
  width: number;
  height: number;
}

const LANE_GAP = 96;

function slotOf(node: PictureNode): string {
  return node.slot || node.id;
}

function ask(request: LayoutRequest): Promise<LayoutAnswer> {
  const worker = new Worker(new URL("./layout.worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<LayoutAnswer>) => {
      resolve(event.data);
      worker.terminate();
    };
    worker.onerror = (event) => {
      reject(new Error(event.message));
      worker.terminate();
    };
    worker.postMessage(request);
  });
}

/**
 * The middle of each node.
 *
 * A slot is as large as the largest of its nodes. Edges between slots that are one slot, or that
 * run from lane to lane, do not shape the layout.
 */
export async function layOut(
  picture: Picture,
  sizes: Map<string, Size>,
): Promise<Map<string, { x: number; y: number }>> {
  const slots = new Map<string, Size>();
  const nodes = new Map(picture.nodes.map((node) => [node.id, node]));
  for (const node of picture.nodes) {
    const size = sizes.get(node.id)!;
    const before = slots.get(slotOf(node));
    slots.set(slotOf(node), {
      width: Math.max(size.width, before?.width ?? 0),
      height: Math.max(size.height, before?.height ?? 0),
    });
  }
  const edges = new Map<string, [string, string]>();
  for (const { source, target } of picture.edges) {
    const [from, to] = [nodes.get(source), nodes.get(target)];
    if (!from || !to || from.lane !== to.lane || slotOf(from) === slotOf(to)) continue;
    edges.set(`${slotOf(from)} ${slotOf(to)}`, [slotOf(from), slotOf(to)]);
  }
  const answer = await ask({
    slots: [...slots].map(([id, size]) => ({ id, ...size })),
    edges: [...edges.values()],
  });
  const places = new Map<string, { x: number; y: number }>();
  for (const node of picture.nodes) {
    const { x, y } = answer.places[slotOf(node)]!;
    places.set(node.id, { x: x + node.lane * (answer.width + LANE_GAP), y });
  }
  return places;
}
