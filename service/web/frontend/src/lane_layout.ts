// Place the lanes of a picture, given one layout of its slots.

import type { LaneTry, LayoutAnswer, Picture, PictureNode } from "./model";
import { boxAround, slotOf, unionOf } from "./places";
import type { Arranged, Box, Position, Size } from "./places";

/** Gap between two lanes; stacked lanes have their titles in between too. */
const LANE_GAP = 72;
const TITLE_GAP = 108;
/** Distance from the other nodes of a lane to the middle of its folds. */
const FOLD_GAP = 64;
/** Lanes are stacked if there is less room than this, in pixels. */
const STACKED_BELOW = 768;
/** With more slots than this, a layout takes long. */
const MANY = 60;
const ALIGNS = [undefined, "UL", "UR", "DL", "DR"] as const;

/** Whether lanes are stacked. */
export function isStacked(room: Size): boolean {
  return room.width < STACKED_BELOW;
}

/** The layouts to try; fewer for a large picture. */
export function triesFor(room: Size, slots: number): LaneTry[] {
  const few = isStacked(room) ? [1.2] : [0.6, 1.1];
  const more = isStacked(room) ? [0.9, 1.1, 1.3] : [0.3, 0.45, 0.6, 0.8];
  const widths = slots > MANY ? few : more;
  const aligns = slots > MANY ? [undefined] : ALIGNS;
  return widths.flatMap((part) =>
    aligns.map((align) => ({ widest: room.width * part, ...(align ? { align } : {}) })),
  );
}

/** The size of the rectangle around some boxes. */
export function extentOf(boxes: Box[]): Size {
  return {
    width: Math.max(...boxes.map((box) => box.x2)) - Math.min(...boxes.map((box) => box.x1)),
    height: Math.max(...boxes.map((box) => box.y2)) - Math.min(...boxes.map((box) => box.y1)),
  };
}

/** Ghosts that share slot and lane with the node in their place: they are drawn above it. */
export function tabsOf(picture: Picture): Set<string> {
  const place = (node: PictureNode) => `${node.lane} ${slotOf(node)}`;
  const taken = new Set(
    picture.nodes.filter((node) => node.role !== "ghost").map((node) => place(node)),
  );
  const ghosts = picture.nodes.filter((node) => node.role === "ghost" && taken.has(place(node)));
  return new Set(ghosts.map((node) => node.id));
}

/** Folds without dependencies that are drawn: they are in a row of their own at the bottom. */
export function foldsBelow(picture: Picture): Set<string> {
  const sources = new Set(
    picture.edges.filter(({ kind }) => kind === "DEPENDS_ON").map(({ source }) => source),
  );
  const folds = picture.nodes.filter((node) => node.role === "fold" && !sources.has(node.id));
  return new Set(folds.map(({ id }) => id));
}

/** Positions of all nodes, lane by lane. */
export function arrange(
  picture: Picture,
  sizes: Map<string, Size>,
  answer: LayoutAnswer,
  stacked: boolean,
): Arranged {
  const places = inSlots(picture, sizes, answer);
  if (stacked) raiseFolds(picture, sizes, places);
  const boxes = picture.lanes.map((_, lane) =>
    boxOf(picture.nodes.filter((node) => node.lane === lane), places, sizes),
  );
  const shifts = shiftsOf(boxes, stacked);
  for (const node of picture.nodes) {
    const [place, shift] = [places.get(node.id)!, shifts[node.lane]!];
    places.set(node.id, { x: place.x + shift.x, y: place.y + shift.y });
  }
  return { nodes: places, lanes: boxes.map((box, lane) => moved(box, shifts[lane]!)), stacked };
}

/** Put each node in the middle of its slot, below the ghost if the slot has one. */
function inSlots(
  picture: Picture,
  sizes: Map<string, Size>,
  answer: LayoutAnswer,
): Map<string, Position> {
  const tabs = tabsOf(picture);
  const ghosts = new Map(
    picture.nodes.filter((node) => tabs.has(node.id)).map((node) => [slotOf(node), node]),
  );
  const places = new Map<string, Position>();
  for (const node of picture.nodes) {
    if (tabs.has(node.id)) continue;
    const { x, y } = answer.places[slotOf(node)]!;
    const ghost = ghosts.get(slotOf(node));
    const tab = ghost ? sizes.get(ghost.id)!.height : 0;
    const middle = { x, y: y + tab / 2 };
    places.set(node.id, middle);
    if (ghost && ghost.lane === node.lane) {
      const top = middle.y - sizes.get(node.id)!.height / 2;
      places.set(ghost.id, { x, y: top - tab / 2 });
    }
  }
  return places;
}

/** Put folds right below the other nodes of their lane. */
function raiseFolds(
  picture: Picture,
  sizes: Map<string, Size>,
  places: Map<string, Position>,
): void {
  const below = foldsBelow(picture);
  for (const fold of picture.nodes.filter(({ id }) => below.has(id))) {
    const others = picture.nodes.filter((node) => node.lane === fold.lane && !below.has(node.id));
    const { y2 } = boxOf(others, places, sizes);
    places.set(fold.id, { x: places.get(fold.id)!.x, y: y2 + FOLD_GAP });
  }
}

/** The rectangle around some nodes. */
function boxOf(
  nodes: PictureNode[],
  places: Map<string, Position>,
  sizes: Map<string, Size>,
): Box {
  return unionOf(nodes.map(({ id }) => boxAround(places.get(id)!, sizes.get(id)!)));
}

/** Offset of each lane so that it does not overlap the one before. */
function shiftsOf(lanes: Box[], stacked: boolean): Position[] {
  const shifts: Position[] = [];
  let end: number | undefined;
  for (const lane of lanes) {
    const start = stacked ? lane.y1 : lane.x1;
    const by = end === undefined ? 0 : end + (stacked ? TITLE_GAP : LANE_GAP) - start;
    shifts.push(stacked ? { x: 0, y: by } : { x: by, y: 0 });
    end = (stacked ? lane.y2 : lane.x2) + by;
  }
  return shifts;
}

function moved(box: Box, by: Position): Box {
  return { x1: box.x1 + by.x, y1: box.y1 + by.y, x2: box.x2 + by.x, y2: box.y2 + by.y };
}
