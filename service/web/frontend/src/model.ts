// The shapes of service/web/picture.py, and those between the page and the layout's worker.

export type Role =
  | "plain"
  | "root"
  | "kept"
  | "relinked"
  | "put-in"
  | "taken-out"
  | "ghost"
  | "fold"
  | "path"
  | "build-only"
  | "changed";

export interface PictureNode {
  id: string;
  label: string;
  note: string;
  role: Role;
  slot: string;
  lane: number;
  badges: string[];
  hidden: number;
  href: string | null;
  card: string | null;
  more: string | null;
}

export interface PictureEdge {
  source: string;
  target: string;
  kind: "DEPENDS_ON" | "SPLICED_FROM";
  label: string;
  role: Role;
  loose: boolean;
}

export interface Picture {
  title: string;
  nodes: PictureNode[];
  edges: PictureEdge[];
  lanes: string[];
  start: string | null;
}

/** A place in the layout, with its size in pixels. */
interface Slot {
  id: string;
  width: number;
  height: number;
  /** Whether it stands for what is folded. */
  fold: boolean;
}

export interface LayoutRequest {
  slots: Slot[];
  edges: [string, string][];
  /** How to lay out in lanes, each to be tried; without any there are no lanes. */
  tries: LaneTry[];
}

export interface LaneTry {
  /** Layers wider than this are broken, in pixels. */
  widest: number;
  /** To which side nodes are drawn, in the words of dagre; by default to none. */
  align?: "UL" | "UR" | "DL" | "DR";
}

/** The middle of each slot, in pixels from the upper left corner of the layout. */
export interface LayoutAnswer {
  places: Record<string, { x: number; y: number }>;
  width: number;
  height: number;
}
