// A small map of a picture that is larger than its canvas, with the part that is visible.

import type { Core } from "cytoscape";
import { OF_LANE } from "./lanes";
import { property } from "./look";

const WIDTH = 168;
const HEIGHT = 112;
const PAD = 4;

export class MiniMap {
  private readonly canvas = document.createElement("canvas");
  private readonly box: { x1: number; y1: number; w: number; h: number };
  private readonly scale: number;
  private waiting = false;

  constructor(
    private readonly cy: Core,
    stage: HTMLElement,
  ) {
    stage.querySelector(".minimap")?.remove();
    this.canvas.className = "minimap";
    this.canvas.setAttribute("aria-hidden", "true");
    this.box = cy.elements().boundingBox();
    this.scale = Math.min((WIDTH - 2 * PAD) / this.box.w, (HEIGHT - 2 * PAD) / this.box.h);
    this.canvas.width = (this.box.w * this.scale + 2 * PAD) * 2;
    this.canvas.height = (this.box.h * this.scale + 2 * PAD) * 2;
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.show(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) this.show(event);
    });
    stage.append(this.canvas);
    cy.on("viewport resize", () => this.draw());
    this.draw();
  }

  /** Centre the picture on the point under the pointer. */
  private show(event: PointerEvent): void {
    const { left, top } = this.canvas.getBoundingClientRect();
    const x = (event.clientX - left - PAD) / this.scale + this.box.x1;
    const y = (event.clientY - top - PAD) / this.scale + this.box.y1;
    const zoom = this.cy.zoom();
    this.cy.pan({ x: this.cy.width() / 2 - x * zoom, y: this.cy.height() / 2 - y * zoom });
    this.cy.emit("dragpan");
  }

  /** Draw the map at the next frame. */
  draw(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (!this.cy.destroyed()) this.drawNow();
    });
  }

  private drawNow(): void {
    const seen = this.cy.extent();
    const { x1, y1, w, h } = this.box;
    const all = seen.x1 <= x1 && seen.y1 <= y1 && seen.x2 >= x1 + w && seen.y2 >= y1 + h;
    this.canvas.hidden = all;
    if (all) return;
    const pen = this.canvas.getContext("2d")!;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.setTransform(2, 0, 0, 2, 2 * PAD, 2 * PAD);
    const at = (x: number, y: number) => [(x - x1) * this.scale, (y - y1) * this.scale] as const;
    this.cy.nodes().not(OF_LANE).forEach((node) => {
      const { x, y } = node.position();
      const [width, height] = [node.width() * this.scale, node.height() * this.scale];
      const [left, top] = at(x, y);
      pen.fillStyle = node.style("border-color") as string;
      pen.fillRect(left - width / 2, top - height / 2, width, Math.max(height, 1));
    });
    const [left, top] = at(seen.x1, seen.y1);
    pen.strokeStyle = property("focus");
    pen.lineWidth = 1.5;
    pen.strokeRect(left, top, seen.w * this.scale, seen.h * this.scale);
  }
}
