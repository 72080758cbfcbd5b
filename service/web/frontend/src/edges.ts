// The elements of edges: their routes in the terms of Cytoscape, and as the path of an SVG.

import type { ElementDefinition } from "cytoscape";
import type { PictureEdge } from "./model";
import type { Position } from "./places";

/** Radius of the corners, in pixels. */
export const RADIUS = 14;

function offset(from: Position, to: Position): string {
  return `${to.x - from.x}px ${to.y - from.y}px`;
}

/**
 * An edge along some points.
 *
 * From one stacked lane to the other it would be long, so it is drawn only while it is selected.
 *
 * Cytoscape takes each bend relative to the line between the ends: its part of that line, and its
 * distance from it.
 */
export function edgeElement(
  edge: PictureEdge,
  index: number,
  points: Position[],
  places: Map<string, Position>,
  stacked: boolean,
): ElementDefinition {
  const [start, end] = [points[0]!, points.at(-1)!];
  const [dx, dy] = [end.x - start.x, end.y - start.y];
  const length = Math.hypot(dx, dy) || 1;
  const bends = points.slice(1, -1).map(({ x, y }) => {
    const [ax, ay] = [x - start.x, y - start.y];
    return [(ax * dx + ay * dy) / length ** 2, (ay * dx - ax * dy) / length] as const;
  });
  return {
    data: {
      id: `edge ${index}`,
      source: edge.source,
      target: edge.target,
      text: edge.label,
      points,
      from: offset(places.get(edge.source)!, start),
      to: offset(places.get(edge.target)!, end),
      weights: bends.map(([weight]) => weight).join(" "),
      distances: bends.map(([, distance]) => distance).join(" "),
    },
    classes: [
      edge.kind,
      edge.role,
      bends.length ? "bent" : "",
      stacked && edge.kind === "SPLICED_FROM" ? "far" : "",
    ].join(" "),
  };
}

/** The points of an edge as the path of an SVG, with round corners. */
export function pathOf(points: Position[]): string {
  const text = ({ x, y }: Position) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const towards = (from: Position, to: Position) => {
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const part = Math.min(RADIUS, length / 2) / length;
    return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
  };
  const corners = points.slice(1, -1).map((point, index) => {
    const [before, after] = [points[index]!, points[index + 2]!];
    return `L${text(towards(point, before))}Q${text(point)} ${text(towards(point, after))}`;
  });
  return `M${text(points[0]!)}${corners.join("")}L${text(points.at(-1)!)}`;
}
