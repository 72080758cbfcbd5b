// Lay out the nodes of a picture: one layout of its slots, copied into each lane.

import { arrange, extentOf, isStacked, tabsOf, triesFor } from "./lane_layout";
import type { LayoutAnswer, LayoutRequest, Picture } from "./model";
import { slotOf } from "./places";
import type { Places, Size } from "./places";

function ask(request: LayoutRequest): Promise<LayoutAnswer[]> {
  const worker = new Worker(new URL("./layout.worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<LayoutAnswer[]>) => {
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
 * The request to the worker.
 *
 * A slot is as large as its largest node. Edges within a slot or from lane to lane do not shape
 * the layout.
 */
function requestOf(picture: Picture, sizes: Map<string, Size>): LayoutRequest {
  const slots = new Map<string, Size & { fold: boolean }>();
  const nodes = new Map(picture.nodes.map((node) => [node.id, node]));
  const tabs = tabsOf(picture);
  for (const node of picture.nodes) {
    const { width, height } = sizes.get(node.id)!;
    const before = slots.get(slotOf(node)) ?? { width: 0, height: 0, fold: true };
    slots.set(slotOf(node), {
      width: Math.max(width, before.width),
      height: tabs.has(node.id) ? before.height : Math.max(height, before.height),
      fold: node.role === "fold" && before.fold,
    });
  }
  for (const id of tabs) slots.get(slotOf(nodes.get(id)!))!.height += sizes.get(id)!.height;
  const edges = new Map<string, [string, string]>();
  for (const { source, target, loose } of picture.edges) {
    if (loose) continue;
    const [from, to] = [nodes.get(source), nodes.get(target)];
    if (!from || !to || from.lane !== to.lane || slotOf(from) === slotOf(to)) continue;
    edges.set(`${slotOf(from)} ${slotOf(to)}`, [slotOf(from), slotOf(to)]);
  }
  return {
    slots: [...slots].map(([id, size]) => ({ id, ...size })),
    edges: [...edges.values()],
    tries: [],
  };
}

/**
 * Positions of the nodes.
 *
 * @param room the space available; of several layouts of lanes, the one that fits best is taken.
 */
export async function layOut(
  picture: Picture,
  sizes: Map<string, Size>,
  room: Size,
): Promise<Places> {
  const request = requestOf(picture, sizes);
  const tries = picture.lanes.length ? triesFor(room, request.slots.length) : [];
  const answers = await ask({ ...request, tries });
  if (!tries.length) {
    const { places } = answers[0]!;
    const nodes = new Map(picture.nodes.map((node) => [node.id, places[slotOf(node)]!]));
    return { nodes, lanes: [], stacked: false };
  }
  return answers
    .map((answer) => arrange(picture, sizes, answer, isStacked(room)))
    .reduce((best, each) => (zoomOf(each, room) > zoomOf(best, room) ? each : best));
}

/** The scale at which a picture fits; for stacked lanes only the width counts. */
function zoomOf({ lanes, stacked }: Places, room: Size): number {
  const { width, height } = extentOf(lanes);
  return Math.min(room.width / width, stacked ? Infinity : room.height / height);
}
