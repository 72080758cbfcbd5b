// Styles of nodes and edges by role; the colours are CSS properties of the page.

import type { PictureNode, Role } from "./model";
import type { Size } from "./places";

interface Look {
  fill: string;
  line: string;
  text: string;
  width: number;
  dash: "solid" | "dashed" | "dotted" | "double";
}

export const FONT = 'system-ui, "Segoe UI", "Noto Sans", sans-serif';
export const FONT_SIZE = 13;
export const LINE_HEIGHT = 17;

/** A colour of the page. */
export function property(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function lookOf(role: Role): Look {
  const plain: Look = {
    fill: property("node"),
    line: property("node-line"),
    text: property("text"),
    width: 1,
    dash: "solid",
  };
  switch (role) {
    case "root":
      return { ...plain, line: property("root"), width: 3 };
    case "kept":
      return { ...plain, fill: property("kept") };
    case "relinked":
      return { ...plain, line: property("relinked"), width: 5, dash: "double" };
    case "put-in":
      return { ...plain, fill: property("put-in-fill"), line: property("put-in"), width: 3 };
    case "taken-out":
      return { ...plain, fill: property("taken-out-fill"), line: property("taken-out"), width: 2 };
    case "ghost":
      return { ...plain, fill: property("page"), line: property("ghost"), text: property("soft"), dash: "dashed", width: 1.5 };
    case "fold":
      return { ...plain, fill: property("fold"), dash: "dotted", width: 2 };
    case "path":
      return { ...plain, fill: property("path-fill"), line: property("path"), width: 3 };
    case "build-only":
      return { ...plain, dash: "dashed" };
    case "changed":
      return { ...plain, line: property("warn"), width: 3 };
    case "broken":
      return { ...plain, line: property("bad"), width: 3 };
    case "plain":
      return plain;
  }
}

interface EdgeLook {
  line: string;
  width: number;
  dash: "solid" | "dashed" | "dotted";
}

export function edgeLookOf(kind: "DEPENDS_ON" | "SPLICED_FROM", role: Role): EdgeLook {
  if (kind === "SPLICED_FROM") return { line: property("relinked"), width: 2, dash: "dashed" };
  switch (role) {
    case "path":
      return { line: property("path"), width: 3, dash: "solid" };
    case "put-in":
      return { line: property("put-in"), width: 2, dash: "solid" };
    case "broken":
      return { line: property("bad"), width: 4, dash: "solid" };
    case "taken-out":
      return { line: property("taken-out"), width: 1.5, dash: "dashed" };
    case "ghost":
      return { line: property("ghost"), width: 1, dash: "dotted" };
    case "build-only":
    case "fold":
      return { line: property("edge"), width: 1, dash: "dotted" };
    default:
      return { line: property("edge"), width: 1, dash: "solid" };
  }
}

const SIGNS: Partial<Record<Role, string>> = { "put-in": "+ ", "taken-out": "− ", ghost: "− " };

/** The lines of text in a node. */
export function linesOf(node: PictureNode): string[] {
  const lines = [(SIGNS[node.role] ?? "") + node.label];
  if (node.note) lines.push(node.note);
  if (node.badges.length) lines.push(node.badges.join(" · "));
  if (node.hidden) lines.push(`+${node.hidden} below`);
  return lines;
}

/** Size of a node in pixels, measured from its text. */
export function sizeOf(node: PictureNode, pen: CanvasRenderingContext2D): Size {
  pen.font = `${FONT_SIZE}px ${FONT}`;
  const lines = linesOf(node);
  const widest = Math.max(...lines.map((line) => pen.measureText(line).width));
  return { width: Math.ceil(widest) + 24, height: lines.length * LINE_HEIGHT + 14 };
}
