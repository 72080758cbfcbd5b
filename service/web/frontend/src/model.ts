// The shapes of service/web/pictures/picture.py, and the messages to and from the layout worker.

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
  | "changed"
  | "broken";

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

/** A slot of the layout, with its size in pixels. */
interface Slot {
  id: string;
  width: number;
  height: number;
  /** Whether it is a fold. */
  fold: boolean;
}

export interface LayoutRequest {
  slots: Slot[];
  edges: [string, string][];
  /** Whether dependencies are to the right of their dependents, not below. */
  sideways: boolean;
  /** Ways to lay out lanes, to be tried one by one; none if there are no lanes. */
  tries: LaneTry[];
}

export interface LaneTry {
  /** Layers wider than this, in pixels, are broken. */
  widest: number;
  /** Alignment of nodes as dagre names it; none by default. */
  align?: "UL" | "UR" | "DL" | "DR";
}

/** The middle of each slot, in pixels from the upper left corner of the layout. */
export interface LayoutAnswer {
  places: Record<string, { x: number; y: number }>;
  /** The points at which an edge bends, by the ids of its source and target with a space between. */
  bends: Record<string, { x: number; y: number }[]>;
  width: number;
  height: number;
}
