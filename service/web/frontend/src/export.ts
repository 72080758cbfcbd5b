// Export a picture: SVG written from the elements, PNG by Cytoscape.

import type { Core, NodeSingular } from "cytoscape";
import { pathOf } from "./edges";
import { OF_LANE } from "./lanes";
import { FONT, FONT_SIZE, LINE_HEIGHT } from "./look";
import type { Position } from "./places";

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (each) => ESCAPES[each]!);
}

const DASHES: Record<string, string> = { dashed: "6 4", dotted: "2 3" };

function dash(style: string): string {
  return DASHES[style] ? ` stroke-dasharray="${DASHES[style]}"` : "";
}

/** The whole picture as an SVG document. */
export function toSvg(cy: Core, title: string): string {
  const bounds = cy.elements().boundingBox();
  const pad = 12;
  const parts: string[] = [];
  const box = (node: cytoscape.NodeSingular) => ({
    ...node.position(),
    w: node.width(),
    h: node.height(),
  });
  const draw = (node: NodeSingular) => {
    const { x, y, w, h } = box(node);
    const style = (name: string) => node.style(name) as string;
    parts.push(
      `<rect x="${x - w / 2}" y="${y - h / 2}" width="${w}" height="${h}" rx="6" ` +
        `fill="${style("background-color")}" stroke="${style("border-color")}" ` +
        `stroke-width="${parseFloat(style("border-width"))}"${dash(style("border-style"))}/>`,
    );
    if (style("border-style") === "double")
      parts.push(
        `<rect x="${x - w / 2}" y="${y - h / 2}" width="${w}" height="${h}" rx="6" fill="none" ` +
          `stroke="${style("background-color")}" stroke-width="${parseFloat(style("border-width")) / 3}"/>`,
      );
    const size = parseFloat(style("font-size"));
    const lines = (node.data("text") as string).split("\n");
    lines.forEach((line, index) => {
      const middle = y + (index - (lines.length - 1) / 2) * LINE_HEIGHT;
      parts.push(
        `<text x="${x}" y="${middle}" fill="${style("color")}" text-anchor="middle" ` +
          `font-size="${size}" dominant-baseline="central">${escaped(line)}</text>`,
      );
    });
  };
  cy.nodes(OF_LANE).forEach(draw);
  const visible = cy.edges(":visible");
  visible.forEach((edge) => {
    const line = edge.style("line-color") as string;
    const marker = `arrow-${line.replace(/\W/g, "")}`;
    parts.push(
      `<path d="${pathOf(edge.data("points") as Position[])}" stroke="${line}" stroke-width="${parseFloat(edge.style("width"))}" fill="none"` +
        ` marker-end="url(#${marker})"${dash(edge.style("line-style") as string)}/>`,
    );
  });
  cy.nodes().not(OF_LANE).forEach(draw);
  const colours = new Set(visible.map((edge) => edge.style("line-color") as string));
  const markers = [...colours].map(
    (line) =>
      `<marker id="arrow-${line.replace(/\W/g, "")}" viewBox="0 0 8 8" refX="8" refY="4" ` +
      `markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="${line}"/></marker>`,
  );
  const page = getComputedStyle(document.body).backgroundColor;
  const [x, y] = [bounds.x1 - pad, bounds.y1 - pad];
  const [w, h] = [bounds.w + 2 * pad, bounds.h + 2 * pad];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${x} ${y} ${w} ${h}" width="${w}" height="${h}" ` +
    `font-family='${FONT}' font-size="${FONT_SIZE}"><title>${escaped(title)}</title>` +
    `<defs>${markers.join("")}</defs><rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${page}"/>` +
    `${parts.join("")}</svg>`
  );
}

/** The whole picture as a PNG, at twice the resolution of the screen. */
export function toPng(cy: Core): Blob {
  const bg = getComputedStyle(document.body).backgroundColor;
  return cy.png({ output: "blob", full: true, scale: 2, maxWidth: 8000, maxHeight: 8000, bg });
}

/** Download a file. */
export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
