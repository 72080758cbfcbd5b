// Sizes and positions of nodes and lanes, in pixels.

import type { PictureNode } from "./model";

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
  /** The rectangle of each lane; empty if the picture has no lanes. */
  lanes: Box[];
  /** Whether the lanes are stacked. */
  stacked: boolean;
}

export function slotOf(node: PictureNode): string {
  return node.slot || node.id;
}
