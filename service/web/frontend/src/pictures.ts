// Draw every picture of a page from the data in the page.

import type { Picture } from "./model";
import { PictureView } from "./picture";

// Cytoscape would add a style element for its container, which the pages' policy forbids;
// site.css has the same rules.
if (!document.getElementById("__________cytoscape_stylesheet"))
  document.querySelector("link[rel=stylesheet]")!.id = "__________cytoscape_stylesheet";

for (const figure of document.querySelectorAll<HTMLElement>("[data-picture]")) {
  const source = figure.querySelector("script[type='application/json']")!;
  const view = new PictureView(figure);
  Object.assign(figure, { view });
  void view.draw(JSON.parse(source.textContent!) as Picture);
}
