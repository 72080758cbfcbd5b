// The details of a node, over the picture: opening and closing them moves nothing.

import type { PictureNode } from "./model";

export class Card {
  constructor(
    private readonly card: HTMLElement,
    private readonly onMore: () => void,
    private readonly onClose: () => void,
  ) {
    card.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  /**
   * Show what a page says about a node.
   *
   * @param left whether to leave the right side of the picture visible.
   */
  show(page: string, node: PictureNode, left: boolean): void {
    this.card.replaceChildren(
      this.button("Close", () => this.close(), "close"),
      ...new DOMParser().parseFromString(page, "text/html").body.childNodes,
      ...this.moreButton(node),
    );
    this.card.classList.toggle("left", left);
    this.card.hidden = false;
    this.card.focus({ preventScroll: true });
  }

  /** Close the card, if it is open. */
  close(): void {
    if (this.card.hidden) return;
    this.card.hidden = true;
    this.onClose();
  }

  get isOpen(): boolean {
    return !this.card.hidden;
  }

  private button(text: string, act: () => void, name = ""): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = name;
    button.textContent = text;
    button.addEventListener("click", act);
    return button;
  }

  /** A button that draws what is below the node, or folds it again. */
  private moreButton(node: PictureNode): HTMLElement[] {
    if (!node.more) return [];
    const text = node.hidden ? `Show what is below (${node.hidden})` : "Show less below";
    return [this.button(text, this.onMore)];
  }
}
