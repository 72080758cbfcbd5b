// The Cytoscape stylesheet of a picture.

import type { StylesheetJson } from "cytoscape";
import { RADIUS } from "./edges";
import { laneStyles } from "./lanes";
import { FONT, FONT_SIZE, LINE_HEIGHT, edgeLookOf, lookOf, property } from "./look";
import type { Picture, PictureEdge } from "./model";

/** Styles for the roles of a picture, in the current colours of the page. */
export function styles(picture: Picture): StylesheetJson {
  const [focus, text, page] = [property("focus"), property("text"), property("page")];
  const sheet: StylesheetJson = [
    {
      selector: "node",
      style: {
        shape: "round-rectangle",
        width: "data(width)",
        height: "data(height)",
        label: "data(text)",
        "text-wrap": "wrap",
        "text-valign": "center",
        "text-halign": "center",
        "font-family": FONT,
        "font-size": FONT_SIZE,
        "line-height": LINE_HEIGHT / FONT_SIZE,
      },
    },
    {
      selector: "edge",
      style: {
        "curve-style": "straight",
        "target-arrow-shape": "triangle",
        "arrow-scale": 0.8,
        "source-endpoint": "data(from)" as never,
        "target-endpoint": "data(to)" as never,
      },
    },
    {
      selector: "edge.bent",
      style: {
        "curve-style": "round-segments",
        "edge-distances": "endpoints" as never,
        "segment-weights": "data(weights)" as never,
        "segment-distances": "data(distances)" as never,
        "segment-radii": [RADIUS],
        "radius-type": "influence-radius",
      },
    },
  ];
  for (const role of new Set(picture.nodes.map((node) => node.role))) {
    const look = lookOf(role);
    sheet.push({
      selector: `node.${role}`,
      style: {
        "background-color": look.fill,
        "border-color": look.line,
        "border-width": look.width,
        "border-style": look.dash,
        color: look.text,
      },
    });
  }
  const kinds = new Map<string, PictureEdge>(
    picture.edges.map((edge) => [`edge.${edge.kind}.${edge.role}`, edge]),
  );
  for (const [selector, edge] of kinds) {
    const look = edgeLookOf(edge.kind, edge.role);
    sheet.push({
      selector,
      style: {
        "line-color": look.line,
        "target-arrow-color": look.line,
        width: look.width,
        "line-style": look.dash,
      },
    });
  }
  if (picture.lanes.length)
    sheet.push(...laneStyles(property("panel"), property("line"), property("soft")));
  sheet.push(
    { selector: "node:selected", style: { "overlay-color": focus, "overlay-opacity": 0.18, "overlay-padding": 5 } },
    {
      selector: "edge:selected",
      style: {
        width: 3,
        "line-color": focus,
        "target-arrow-color": focus,
        label: "data(text)",
        "font-size": 11,
        "font-family": FONT,
        color: text,
        "text-background-color": page,
        "text-background-opacity": 0.9,
      },
    },
    { selector: "edge.far:unselected", style: { visibility: "hidden" } },
    { selector: ".faded", style: { opacity: 0.15 } },
  );
  return sheet;
}
