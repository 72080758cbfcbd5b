// Attention: the neighbours of the node under the pointer, and the nodes that a text is found in.

import type { Core, EventObject, NodeCollection, NodeSingular } from "cytoscape";
import { OF_LANE } from "./lanes";

export class Focus {
  private found: NodeCollection | undefined;

  constructor(private readonly cy: Core) {
    cy.on("mouseover", "node", (event) => this.onOver(event));
    cy.on("mouseout", "node", () => this.restore());
  }

  private onOver(event: EventObject): void {
    const node = event.target as NodeSingular;
    if (!node.hasClass("of-lane")) this.fadeAllBut(node.closedNeighborhood());
  }

  private fadeAllBut(kept: cytoscape.CollectionReturnValue): void {
    this.cy.batch(() => {
      this.cy.elements().not(OF_LANE).difference(kept).addClass("faded");
      kept.removeClass("faded");
    });
  }

  /** Fade what is not found; nothing if nothing is looked for. */
  private restore(): void {
    if (this.found) this.fadeAllBut(this.found.union(this.found.edgesWith(this.found)));
    else this.cy.elements().removeClass("faded");
  }

  /**
   * Fade the nodes without a text; an empty text fades none.
   *
   * @returns the ids of the nodes that have it, in reading order.
   */
  find(text: string): string[] {
    const wanted = text.trim().toLowerCase();
    const matches = (node: NodeSingular) =>
      (node.data("text") as string).toLowerCase().replaceAll("\n", " ").includes(wanted);
    this.found = wanted ? this.cy.nodes().not(OF_LANE).filter(matches) : undefined;
    this.restore();
    const order = (a: NodeSingular, b: NodeSingular) =>
      a.position("y") - b.position("y") || a.position("x") - b.position("x");
    return this.found?.sort(order as never).map((node) => node.id()) ?? [];
  }
}
