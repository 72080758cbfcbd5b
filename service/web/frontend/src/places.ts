// Sizes and places of what is drawn, in pixels.

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
  /** What each lane takes up, none where the picture has none. */
  lanes: Box[];
  /** Whether the lanes are below each other. */
  stacked: boolean;
}

export function slotOf(node: PictureNode): string {
  return node.slot || node.id;
}
