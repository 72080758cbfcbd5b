// Lay out the nodes of a picture: one layout of its slots, copied into each lane.

import { arrange, extentOf, foldsBelow, isStacked, tabsOf, triesFor } from "./lane_layout";
import type { LayoutAnswer, LayoutRequest, Picture } from "./model";
import { boxAround, slotOf, unionOf } from "./places";
import type { Arranged, Places, Position, Size } from "./places";
import { routeEdges, routeSideways } from "./routes";

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
  const below = foldsBelow(picture);
  for (const node of picture.nodes) {
    const { width, height } = sizes.get(node.id)!;
    const before = slots.get(slotOf(node)) ?? { width: 0, height: 0, fold: true };
    slots.set(slotOf(node), {
      width: Math.max(width, before.width),
      height: tabs.has(node.id) ? before.height : Math.max(height, before.height),
      fold: below.has(node.id) && before.fold,
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
    sideways: false,
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
  // A layer as a column fits a narrow screen.
  const sideways = !picture.lanes.length && isStacked(room);
  const answers = await ask({ ...request, sideways, tries });
  if (!tries.length) {
    const { places, bends } = answers[0]!;
    const nodes = new Map(picture.nodes.map((node) => [node.id, places[slotOf(node)]!]));
    const routes = routesOf(picture, sizes, { nodes, bends, sideways });
    return { nodes, routes, sideways, lanes: [], stacked: false };
  }
  const best = answers
    .map((answer) => arrange(picture, sizes, answer, isStacked(room)))
    .reduce((best, each) => (zoomOf(each, room) > zoomOf(best, room) ? each : best));
  const routes = routesOf(picture, sizes, { nodes: best.nodes, bends: {}, sideways });
  return { ...best, routes, sideways };
}

/** The points of each edge, at the positions of the nodes. */
function routesOf(
  picture: Picture,
  sizes: Map<string, Size>,
  laid: Pick<Places, "nodes" | "sideways"> & Pick<LayoutAnswer, "bends">,
): Position[][] {
  const { nodes: places, bends, sideways } = laid;
  const boxes = new Map(
    picture.nodes.map(({ id }) => [id, boxAround(places.get(id)!, sizes.get(id)!)]),
  );
  // A ghost on top of a node is one obstacle with it.
  const tabs = tabsOf(picture);
  for (const ghost of picture.nodes.filter(({ id }) => tabs.has(id))) {
    const below = picture.nodes.find(
      (node) => node !== ghost && node.lane === ghost.lane && slotOf(node) === slotOf(ghost),
    )!;
    const both = unionOf([boxes.get(ghost.id)!, boxes.get(below.id)!]);
    boxes.set(ghost.id, both).set(below.id, both);
  }
  const slots = new Map(picture.nodes.map((node) => [node.id, slotOf(node)]));
  const edges = picture.edges.map(({ source, target }) => ({
    source,
    target,
    hints: bends[`${slots.get(source)} ${slots.get(target)}`] ?? [],
  }));
  return sideways ? routeSideways(boxes, edges) : routeEdges(boxes, edges);
}

/** The scale at which a picture fits; for stacked lanes only the width counts. */
function zoomOf({ lanes, stacked }: Arranged, room: Size): number {
  const { width, height } = extentOf(lanes);
  return Math.min(room.width / width, stacked ? Infinity : room.height / height);
}
