// Where the nodes of a picture go: one layout of its slots, a copy of it a lane.

import type { LayoutAnswer, LayoutRequest, Picture, PictureNode } from "./model";

export interface Size {
  width: number;
  height: number;
}

export interface Box {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

export interface Places {
  /** The middle of each node. */
  nodes: Map<string, { x: number; y: number }>;
  /** What each lane takes up, none where the picture has none. */
  lanes: Box[];
}

export interface LaneOptions {
  /** Whether they are below each other. */
  stacked: boolean;
  /** How wide a layer of one may be, in pixels. */
  widest: number;
}

/** Between two lanes; below each other their titles are between them too. */
const LANE_GAP = 72;
const TITLE_GAP = 96;

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
 * Where the nodes are.
 *
 * A slot is as large as the largest of its nodes. Edges between slots that are one slot, or that
 * run from lane to lane, do not shape the layout.
 */
export async function layOut(
  picture: Picture,
  sizes: Map<string, Size>,
  lanes: LaneOptions,
): Promise<Places> {
  const slots = new Map<string, Size & { fold: boolean }>();
  const nodes = new Map(picture.nodes.map((node) => [node.id, node]));
  for (const node of picture.nodes) {
    const size = sizes.get(node.id)!;
    const before = slots.get(slotOf(node));
    slots.set(slotOf(node), {
      width: Math.max(size.width, before?.width ?? 0),
      height: Math.max(size.height, before?.height ?? 0),
      fold: node.role === "fold",
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
    widest: picture.lanes.length ? lanes.widest : null,
  });
  const boxes = picture.lanes.map((_, lane) =>
    boxOf(picture.nodes.filter((node) => node.lane === lane), answer, sizes),
  );
  const shifts = shiftsOf(boxes, lanes.stacked);
  const places = new Map<string, { x: number; y: number }>();
  for (const node of picture.nodes) {
    const { x, y } = answer.places[slotOf(node)]!;
    const shift = shifts[node.lane] ?? { x: 0, y: 0 };
    places.set(node.id, { x: x + shift.x, y: y + shift.y });
  }
  return {
    nodes: places,
    lanes: boxes.map((box, index) => moved(box, shifts[index]!)),
  };
}

/** What some nodes take up of the layout. */
function boxOf(nodes: PictureNode[], answer: LayoutAnswer, sizes: Map<string, Size>): Box {
  const boxes = nodes.map((node) => {
    const [{ x, y }, { width, height }] = [answer.places[slotOf(node)]!, sizes.get(node.id)!];
    return { x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2 };
  });
  return {
    x1: Math.min(...boxes.map((box) => box.x1)),
    y1: Math.min(...boxes.map((box) => box.y1)),
    x2: Math.max(...boxes.map((box) => box.x2)),
    y2: Math.max(...boxes.map((box) => box.y2)),
  };
}

/** By how much to move each lane so that it is free of the one before. */
function shiftsOf(lanes: Box[], stacked: boolean): { x: number; y: number }[] {
  const shifts: { x: number; y: number }[] = [];
  let end = 0;
  for (const lane of lanes) {
    const first = shifts.length === 0;
    const start = stacked ? lane.y1 : lane.x1;
    const by = first ? 0 : end + (stacked ? TITLE_GAP : LANE_GAP) - start;
    shifts.push(stacked ? { x: 0, y: by } : { x: by, y: 0 });
    end = (stacked ? lane.y2 : lane.x2) + by;
  }
  return shifts;
}

function moved(box: Box, by: { x: number; y: number }): Box {
  return { x1: box.x1 + by.x, y1: box.y1 + by.y, x2: box.x2 + by.x, y2: box.y2 + by.y };
}
