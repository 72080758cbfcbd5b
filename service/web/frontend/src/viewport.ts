// The visible part of a picture, at first and after it was redrawn.

import type { Core, NodeSingular } from "cytoscape";
import type { Position, Size } from "./places";

export interface Viewport {
  zoom: number;
  pan: Position;
}

/** A node and its position on the screen, in pixels. */
export interface Seen {
  id: string;
  at: Position;
  zoom: number;
}

const PADDING = 16;
const CLOSEST = 1.2;
/** Below this zoom the text of a node is too small to read. */
const READABLE = 0.75;
/** Least height of a canvas, so that a card beside it has room. */
const LOWEST = 300;

function panTo({ x, y }: Position, zoom: number, at: Position): Position {
  return { x: at.x - x * zoom, y: at.y - y * zoom };
}

/** The position nearest to `wanted`, in pixels, that leaves no empty space beside the picture. */
function within(wanted: number, size: number, room: number): number {
  if (size <= room) return (room - size) / 2;
  return Math.min(Math.max(wanted, room - size), 0);
}

/** Height of a canvas that shows a whole picture, less than its room if the picture is small. */
export function heightOf(
  places: Map<string, Position>,
  sizes: Map<string, Size>,
  room: Size,
): number {
  const span = (middle: "x" | "y", size: "width" | "height") => {
    const ends = [...places].map(([id, at]) => [at[middle], sizes.get(id)![size] / 2] as const);
    return (
      Math.max(...ends.map(([at, half]) => at + half)) -
      Math.min(...ends.map(([at, half]) => at - half))
    );
  };
  const zoom = Math.min(CLOSEST, (room.width - 2 * PADDING) / span("x", "width"));
  const needed = span("y", "height") * Math.max(zoom, READABLE) + 4 * PADDING;
  return Math.min(room.height, Math.max(LOWEST, needed));
}

function whole(cy: Core): Viewport {
  const { x1, y1, w, h } = cy.elements().boundingBox();
  const zoom = Math.min(
    (cy.width() - 2 * PADDING) / w,
    (cy.height() - 2 * PADDING) / h,
    CLOSEST,
  );
  const middle = { x: x1 + w / 2, y: y1 + h / 2 };
  return { zoom, pan: panTo(middle, zoom, { x: cy.width() / 2, y: cy.height() / 2 }) };
}

/**
 * The viewport: the whole picture, or a part with its start if the whole would be too small to read.
 * A node that was visible before stays in its place.
 *
 * @param sideways whether dependencies are to the right of their dependents, not below.
 */
export function viewport(
  cy: Core,
  start: string | null,
  before: Seen | undefined,
  sideways = false,
): Viewport {
  const all = whole(cy);
  const first = cy.getElementById(start ?? "");
  if (first.empty() || all.zoom >= READABLE) return all;
  const kept = cy.getElementById(before?.id ?? "");
  if (before && kept.nonempty())
    return { zoom: before.zoom, pan: panTo(kept.position(), before.zoom, before.at) };
  const [width, height] = [(first as NodeSingular).width(), (first as NodeSingular).height()];
  const edge = (size: number) => PADDING + (size / 2) * READABLE;
  const at = sideways
    ? { x: edge(width), y: cy.height() / 2 }
    : { x: cy.width() / 2, y: edge(height) };
  const pan = panTo(first.position(), READABLE, at);
  const { x1, y1, w, h } = cy.elements().boundingBox();
  const inside = (wanted: number, from: number, size: number, room: number) => {
    const offset = from * READABLE - PADDING;
    return within(wanted + offset, size * READABLE + 2 * PADDING, room) - offset;
  };
  return {
    zoom: READABLE,
    pan: { x: inside(pan.x, x1, w, cy.width()), y: inside(pan.y, y1, h, cy.height()) },
  };
}
