// One picture on a page: drawn, navigated by keyboard or pointer, exported.

import cytoscape from "cytoscape";
import type { Core, NodeSingular } from "cytoscape";
import { Card } from "./card";
import { edgeElement } from "./edges";
import { save, toPng, toSvg } from "./export";
import { Focus } from "./focus";
import { toggleFullScreen, watchFullScreen } from "./full_screen";
import { OF_LANE, heightFor, laneElements, topOf } from "./lanes";
import { layOut } from "./layout";
import { linesOf, sizeOf } from "./look";
import { MiniMap } from "./minimap";
import type { Picture, PictureNode } from "./model";
import type { Position } from "./places";
import { styles } from "./stylesheet";
import { heightOf, viewport } from "./viewport";
import type { Seen, Viewport } from "./viewport";

const ARROWS: Record<string, [number, number]> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

export class PictureView {
  private cy: Core | undefined;
  private picture!: Picture;
  private readonly canvas: HTMLElement;
  private readonly card: Card;
  private readonly finder: HTMLInputElement;
  private readonly said: HTMLElement;
  private focus: Focus | undefined;
  private map: MiniMap | undefined;
  private chosen: string | undefined;
  private turn = 0;
  /** Whether the user moved or zoomed the picture. */
  private moved = false;

  constructor(private readonly figure: HTMLElement) {
    this.canvas = figure.querySelector(".canvas")!;
    this.finder = figure.querySelector("[data-find]")!;
    this.card = new Card(
      figure.querySelector(".card")!,
      () => this.more(),
      () => this.canvas.focus({ preventScroll: true }),
    );
    this.said = figure.querySelector(".said")!;
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.finder.addEventListener("input", () => this.find());
    this.finder.addEventListener("keydown", (event) => this.onFindKey(event));
    watchFullScreen(figure);
    figure.addEventListener("redraw", (event) =>
      void this.draw((event as CustomEvent<Picture>).detail),
    );
    for (const button of figure.querySelectorAll<HTMLElement>("[data-do]"))
      button.addEventListener("click", () => this.act(button.dataset["do"]!));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.cy?.style(styles(this.picture));
      this.map?.draw();
    });
    addEventListener("hashchange", () => this.follow(named(location.hash)));
    new ResizeObserver(() => this.onResize()).observe(this.canvas);
  }

  /** Draw a picture, and show that it is being drawn. */
  async draw(picture: Picture): Promise<void> {
    this.figure.setAttribute("aria-busy", "true");
    try {
      if (await this.drawn(picture)) this.figure.removeAttribute("aria-busy");
    } catch (error) {
      this.figure.removeAttribute("aria-busy");
      this.said.textContent = "The picture could not be drawn; the table has the same content.";
      throw error;
    }
    this.figure.dispatchEvent(new CustomEvent("drawn"));
  }

  /**
   * Draw a picture; the selected node stays selected if it is still there.
   *
   * @returns false if another picture was to be drawn meanwhile.
   */
  private async drawn(picture: Picture): Promise<boolean> {
    const turn = ++this.turn;
    const pen = document.createElement("canvas").getContext("2d")!;
    const sizes = new Map(picture.nodes.map((node) => [node.id, sizeOf(node, pen)]));
    this.canvas.style.height = "";
    const room = { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
    const { nodes: places, routes, sideways, lanes, stacked } = await layOut(picture, sizes, room);
    if (turn !== this.turn) return false;
    const height = lanes.length ? heightFor(lanes, room) : heightOf(places, sizes, room);
    if (!stacked) this.canvas.style.height = `${height}px`;
    this.picture = picture;
    const before = this.places();
    const chosen = this.seen();
    const behind = laneElements(picture.lanes, lanes, stacked);
    for (const [id, place] of behind.places) places.set(id, place);
    const cy = cytoscape({
      headless: true,
      styleEnabled: true,
      elements: [
        ...behind.elements,
        ...picture.nodes.map((node) => ({
          data: { id: node.id, text: linesOf(node).join("\n"), ...sizes.get(node.id)! },
          position: places.get(node.id)!,
          classes: node.role,
        })),
        ...picture.edges.map((edge, index) => edgeElement(edge, index, routes[index]!, places, stacked)),
      ],
      style: styles(picture),
      layout: { name: "preset", fit: false },
      minZoom: 0.05,
      maxZoom: 4,
      autoungrabify: true,
      boxSelectionEnabled: false,
    });
    await pause();
    if (turn !== this.turn) {
      cy.destroy();
      return false;
    }
    this.cy?.destroy();
    this.cy = cy;
    cy.mount(this.canvas);
    this.cy.on("tap", "node", (event) => {
      this.choose((event.target as NodeSingular).id(), false);
      void this.openCard();
    });
    this.moved = stacked;
    this.cy.on("scrollzoom pinchzoom dragpan", () => (this.moved = true));
    const start = lanes.length ? null : picture.start;
    const seen = stacked ? topOf(this.cy) : viewport(this.cy, start, chosen, sideways);
    await this.settle(seen, before);
    if (turn !== this.turn) return false;
    this.focus = new Focus(cy);
    this.map = new MiniMap(cy, this.canvas.parentElement!);
    if (this.finder.value) this.find();
    const wanted = this.chosen ?? named(location.hash);
    if (wanted && this.cy.getElementById(wanted).nonempty()) this.choose(wanted, true);
    this.figure.dataset["drawn"] = String(picture.nodes.length);
    return true;
  }

  /** Current positions of the nodes. */
  places(): Map<string, Position> {
    const nodes = this.cy?.nodes().map((node) => [node.id(), { ...node.position() }] as const);
    return new Map(nodes ?? []);
  }

  /** The selected node at its current position. */
  private seen(): Seen | undefined {
    const node = this.chosen === undefined ? undefined : this.cy?.getElementById(this.chosen);
    if (!node?.nonempty()) return undefined;
    return { id: node.id(), at: { ...node.renderedPosition() }, zoom: this.cy!.zoom() };
  }

  /** Show a part of the picture; nodes that were drawn before move to their new positions. */
  private async settle(seen: Viewport, before: Map<string, Position>): Promise<void> {
    const cy = this.cy!;
    cy.viewport(seen);
    if (!before.size || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const positions = Object.fromEntries(this.places());
    for (const [id, place] of before) cy.getElementById(id).position(place);
    const layout = cy.layout({
      name: "preset",
      positions,
      fit: false,
      animate: true,
      animationDuration: 250,
    });
    const done = layout.promiseOn("layoutstop");
    layout.run();
    await done;
  }

  /** Select the node that a link of the page names. */
  private follow(id: string | undefined): void {
    if (id === undefined || !this.cy?.getElementById(id).nonempty()) return;
    this.choose(id, true);
    this.figure.scrollIntoView({ block: "nearest" });
    this.canvas.focus();
    void this.openCard();
  }

  private node(id: string): PictureNode {
    return this.picture.nodes.find((each) => each.id === id)!;
  }

  /** Select a node and announce it. */
  choose(id: string, show: boolean): void {
    const cy = this.cy!;
    this.chosen = id;
    cy.elements().unselect();
    const element = cy.getElementById(id);
    element.select();
    element.connectedEdges().select();
    if (show) this.bringIntoView(element);
    this.say(this.node(id));
    history.replaceState(history.state, "", `#node=${encodeURIComponent(id)}`);
  }

  private say(node: PictureNode): void {
    const role = node.role === "plain" ? "" : `, ${node.role.replaceAll("-", " ")}`;
    const lane = this.picture.lanes[node.lane];
    const where = lane ? `, ${lane.toLowerCase()}` : "";
    this.said.textContent = `${linesOf(node).join(", ")}${role}${where}`;
  }

  /** Keep whole lanes in view beside a card, else the selected node. */
  private onResize(): void {
    const cy = this.cy;
    if (!cy) return;
    cy.resize();
    if (this.picture.lanes.length && !this.moved) cy.viewport(viewport(cy, null, undefined));
    else if (this.chosen) this.bringIntoView(cy.getElementById(this.chosen));
  }

  private bringIntoView(element: cytoscape.CollectionReturnValue | NodeSingular): void {
    const cy = this.cy!;
    const [box, seen] = [element.boundingBox(), cy.extent()];
    if (box.x1 < seen.x1 || box.x2 > seen.x2 || box.y1 < seen.y1 || box.y2 > seen.y2)
      cy.center(element as cytoscape.CollectionReturnValue);
  }

  private onKey(event: KeyboardEvent): void {
    if (!this.cy || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    if (direction) this.step(...direction);
    else if (event.key === "Enter" || event.key === " ") void this.openCard();
    else if (event.key === "+" || event.key === "=") this.act("in");
    else if (event.key === "-") this.act("out");
    else if (event.key === "0") this.act("fit");
    else if (event.key === "e") this.more();
    else if (event.key === "f") this.act("full");
    else if (event.key === "/") this.finder.focus();
    else if (event.key === "Escape" && this.card.isOpen) {
      event.stopPropagation();
      this.card.close();
    }
    else return;
    event.preventDefault();
  }

  /** Select the nearest node in a direction, preferring those straight ahead or joined by an edge. */
  private step(dx: number, dy: number): void {
    const cy = this.cy!;
    if (this.chosen === undefined || cy.getElementById(this.chosen).empty()) {
      const first = this.picture.nodes[0];
      if (first) this.choose(first.id, true);
      return;
    }
    const from = cy.getElementById(this.chosen).position();
    const joined = cy.getElementById(this.chosen).neighborhood();
    let best: { id: string; cost: number } | undefined;
    cy.nodes().not(OF_LANE).forEach((node) => {
      const { x, y } = node.position();
      const ahead = (x - from.x) * dx + (y - from.y) * dy;
      const aside = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
      if (ahead < 1 || (dx !== 0 && aside > ahead * 2)) return;
      const cost = (ahead + 2 * aside) * (joined.contains(node) ? 0.4 : 1);
      if (!best || cost < best.cost) best = { id: node.id(), cost };
    });
    if (best) this.choose(best.id, true);
  }

  /** Show the details of the selected node beside the picture. */
  private async openCard(): Promise<void> {
    if (this.chosen === undefined) return;
    const node = this.node(this.chosen);
    if (!node.card) {
      if (node.href) location.assign(node.href);
      return;
    }
    const asked = { headers: { Accept: "text/html" } };
    const answer = await fetch(node.card, asked).catch(() => undefined);
    if (this.chosen !== node.id) return;
    if (!answer?.ok) {
      this.said.textContent = "Details could not be loaded.";
      return;
    }
    const { x } = this.cy!.getElementById(node.id).renderedPosition();
    this.card.show(await answer.text(), node, x > this.cy!.width() / 2);
  }

  /** Open the page with more below the selected node, unless the page's own script draws it. */
  private more(): void {
    const address = this.chosen === undefined ? null : this.node(this.chosen).more;
    if (!address) return;
    const wish = new CustomEvent("more", { detail: address, cancelable: true });
    if (this.figure.dispatchEvent(wish)) location.assign(address);
  }

  /** Fade the nodes without the text in the box; the first of the others with `next`. */
  private find(next = false): void {
    const found = this.focus?.find(this.finder.value) ?? [];
    if (!this.finder.value) this.said.textContent = "";
    else if (!next || !found.length) {
      const [noun, verb] = found.length === 1 ? ["node", "matches"] : ["nodes", "match"];
      this.said.textContent = `${found.length} ${noun} ${verb}; Enter shows the next.`;
    } else {
      const index = (found.indexOf(this.chosen ?? "") + 1) % found.length;
      this.choose(found[index]!, true);
      this.said.textContent += `, ${index + 1} of ${found.length}`;
    }
  }

  private onFindKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.finder.value = "";
      this.find();
      this.canvas.focus({ preventScroll: true });
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.find(true);
    }
  }

  private act(what: string): void {
    const cy = this.cy;
    if (!cy) return;
    const middle = { x: cy.width() / 2, y: cy.height() / 2 };
    const name = this.picture.title.replace(/[^\w.@-]+/g, "-").replace(/^-|-$/g, "");
    if (what === "full") toggleFullScreen(this.figure);
    if (what === "fit") cy.fit(undefined, 16);
    if (what === "fit" || what === "in" || what === "out") this.moved = what !== "fit";
    if (what === "in") cy.zoom({ level: cy.zoom() * 1.3, renderedPosition: middle });
    if (what === "out") cy.zoom({ level: cy.zoom() / 1.3, renderedPosition: middle });
    if (what === "svg")
      save(new Blob([toSvg(cy, this.picture.title)], { type: "image/svg+xml" }), `${name}.svg`);
    if (what === "png") save(toPng(cy), `${name}.png`);
  }
}

/** Let the page respond before long work continues. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** The node that the fragment of an address names. */
function named(hash: string): string | undefined {
  return new URLSearchParams(hash.slice(1)).get("node") ?? undefined;
}
