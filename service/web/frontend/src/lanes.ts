// The lanes of a picture: a panel behind the nodes of each, with its title.

import type { Core, ElementDefinition, StylesheetJson } from "cytoscape";
import { extentOf } from "./lane_layout";
import { FONT } from "./look";
import type { Box, Size } from "./places";
import type { Viewport } from "./viewport";

const TITLE_SIZE = 18;
const PAD = 18;
/** Least height of a canvas, so that a card beside it has room. */
const LOWEST = 420;
const SMALLEST = 0.4;
const TITLE_HEIGHT = 36;

/** Height of a canvas on which lanes side by side use its width. */
export function heightFor(boxes: Box[], room: Size): number {
  const { width, height } = extentOf(boxes);
  const zoom = Math.min(1.2, room.width / (width + 4 * PAD));
  return Math.min(room.height, Math.max(LOWEST, (height + TITLE_HEIGHT + 4 * PAD) * zoom));
}

/** Viewport for stacked lanes: the first one at the top, in its full width. */
export function topOf(cy: Core): Viewport {
  const { x1, y1, w } = cy.elements().boundingBox();
  const zoom = Math.max(SMALLEST, Math.min(1, (cy.width() - 12) / w));
  return { zoom, pan: { x: cy.width() / 2 - (x1 + w / 2) * zoom, y: 6 - y1 * zoom } };
}

/** Panels and titles, which cannot be selected. */
export const OF_LANE = ".of-lane";

interface Place {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  text: string;
  classes: string;
}

function placesOf(titles: string[], boxes: Box[], stacked: boolean): Place[] {
  const top = Math.min(...boxes.map((box) => box.y1));
  const bottom = Math.max(...boxes.map((box) => box.y2));
  const left = Math.min(...boxes.map((box) => box.x1));
  const right = Math.max(...boxes.map((box) => box.x2));
  return titles.flatMap((text, index) => {
    const box = boxes[index]!;
    const [x1, x2] = stacked ? [left - PAD, right + PAD] : [box.x1 - PAD, box.x2 + PAD];
    const [y1, y2] = stacked
      ? [box.y1 - PAD - TITLE_HEIGHT, box.y2 + PAD]
      : [top - PAD - TITLE_HEIGHT, bottom + PAD];
    const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
    const title = { width: text.length * TITLE_SIZE * 0.62, height: TITLE_SIZE + 4 };
    return [
      { id: `lane ${index}`, x, y, width: x2 - x1, height: y2 - y1, text: "", classes: "lane" },
      { id: `title ${index}`, x, y: y1 + 24, ...title, text, classes: "title" },
    ];
  });
}

/** The elements of the lanes, with their positions. */
export function laneElements(
  titles: string[],
  boxes: Box[],
  stacked: boolean,
): { elements: ElementDefinition[]; places: Map<string, { x: number; y: number }> } {
  const found = placesOf(titles, boxes, stacked);
  return {
    elements: found.map(({ id, x, y, width, height, text, classes }) => ({
      data: { id, width, height, text },
      position: { x, y },
      classes: `of-lane ${classes}`,
      selectable: false,
    })),
    places: new Map(found.map(({ id, x, y }) => [id, { x, y }])),
  };
}

/** Styles of panels and titles. */
export function laneStyles(panel: string, line: string, text: string): StylesheetJson {
  return [
    {
      selector: OF_LANE,
      style: {
        "background-color": panel,
        "border-width": 0,
        events: "no",
        "z-index-compare": "manual",
        "z-index": -2,
      },
    },
    { selector: ".lane", style: { "border-width": 1, "border-color": line } },
    {
      selector: ".title",
      style: {
        color: text,
        "font-family": FONT,
        "font-size": TITLE_SIZE,
        "font-weight": "bold",
        "z-index": -1,
      },
    },
  ];
}
