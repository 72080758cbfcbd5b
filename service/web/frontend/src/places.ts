// Sizes and positions of nodes and lanes, in pixels.

import type { PictureNode } from "./model";

export interface Size {
  width: number;
  height: number;
}

export interface Position {
  x: number;
  y: number;
}

export interface Box {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** Where nodes and lanes are. */
export interface Arranged {
  /** The middle of each node. */
  nodes: Map<string, Position>;
  /** The rectangle of each lane; empty if the picture has no lanes. */
  lanes: Box[];
  /** Whether the lanes are stacked. */
  stacked: boolean;
}

export interface Places extends Arranged {
  /** The points of each edge, in the order of the picture's edges. */
  routes: Position[][];
  /** Whether dependencies are to the right of their dependents, not below. */
  sideways: boolean;
}

/** The rectangle of a node. */
export function boxAround({ x, y }: Position, { width, height }: Size): Box {
  return { x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2 };
}

/** The smallest rectangle around some others. */
export function unionOf(boxes: Box[]): Box {
  return {
    x1: Math.min(...boxes.map((box) => box.x1)),
    y1: Math.min(...boxes.map((box) => box.y1)),
    x2: Math.max(...boxes.map((box) => box.x2)),
    y2: Math.max(...boxes.map((box) => box.y2)),
  };
}

export function slotOf(node: PictureNode): string {
  return node.slot || node.id;
}
