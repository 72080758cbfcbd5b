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
}

export interface Picture {
  title: string;
  nodes: PictureNode[];
  edges: PictureEdge[];
  lanes: string[];
  start: string | null;
}

/** A place in the layout, with its size in pixels. */
export interface Slot {
  id: string;
  width: number;
  height: number;
  /** Whether it stands for what is folded. */
  fold: boolean;
}

export interface LayoutRequest {
  slots: Slot[];
  edges: [string, string][];
  /** Layers wider than this are broken, in pixels; without it none is. */
  widest: number | null;
}

/** The middle of each slot, in pixels from the upper left corner of the layout. */
export interface LayoutAnswer {
  places: Record<string, { x: number; y: number }>;
  width: number;
  height: number;
}
