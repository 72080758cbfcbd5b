// The DAG explorer without reloading the page: fetch the page that a link or the form opens, redraw
// the picture and replace the lists.

import type { Picture } from "./model";

const figure = document.querySelector<HTMLElement>("[data-picture]")!;
let turn = 0;

function parts(of: ParentNode): Map<string, HTMLElement> {
  const found = of.querySelectorAll<HTMLElement>("[data-part]");
  return new Map([...found].map((part) => [part.dataset["part"]!, part]));
}

/** Show the DAG page at an address; load it as a whole if the answer is not such a page. */
async function go(address: string, push: boolean): Promise<void> {
  const mine = ++turn;
  figure.setAttribute("aria-busy", "true");
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => undefined);
  if (mine !== turn) return;
  const text = answer ? await answer.text() : "";
  const page = new DOMParser().parseFromString(text, "text/html");
  const source = page.querySelector("[data-picture] script[type='application/json']");
  if (!source) {
    location.assign(address);
    return;
  }
  if (push) history.pushState(null, "", address + location.hash);
  const fresh = parts(page);
  for (const [name, part] of parts(document)) {
    const left = part.contains(document.activeElement);
    part.replaceChildren(...fresh.get(name)!.childNodes);
    if (left) figure.querySelector<HTMLElement>(".canvas")!.focus({ preventScroll: true });
  }
  const picture = JSON.parse(source.textContent!) as Picture;
  figure.dispatchEvent(new CustomEvent("redraw", { detail: picture }));
}

figure.addEventListener("more", (event) => {
  event.preventDefault();
  void go((event as CustomEvent<string>).detail, true);
});

document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-redraws]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void go(link.getAttribute("href")!, true);
  figure.scrollIntoView({ block: "nearest" });
});

const form = document.querySelector<HTMLFormElement>("form[data-redraws]")!;

/** The address that the form opens, as short as the page itself writes it. */
function wished(): string {
  const given = new URLSearchParams();
  const types: string[] = [];
  for (const [name, value] of new FormData(form) as unknown as Iterable<[string, string]>)
    if (name === "types") types.push(value);
    else if (value) given.set(name, value);
  const all = form.querySelectorAll("[name=types]").length;
  if (types.length && types.length < all) given.set("types", types.join(","));
  const query = given.toString().replaceAll("%2C", ",");
  return location.pathname + (query && `?${query}`);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void go(wished(), true);
});
form.addEventListener("change", (event) => {
  if ((event.target as HTMLInputElement).type === "checkbox") void go(wished(), true);
});

/** Set the fields of the form from an address. */
function fill(given: URLSearchParams): void {
  const types = given.getAll("types").join(",").split(",").filter(Boolean);
  for (const box of form.querySelectorAll<HTMLInputElement>("[name]"))
    if (box.name === "types") box.checked = !types.length || types.includes(box.value);
    else if (box.type === "checkbox") box.checked = given.get(box.name) === box.value;
    else if (box.type === "text") box.value = given.get(box.name) ?? "";
}

let shown = location.pathname + location.search;
window.addEventListener("popstate", () => {
  const address = location.pathname + location.search;
  if (address === shown) return;
  fill(new URLSearchParams(location.search));
  void go(address, false);
});
figure.addEventListener("drawn", () => {
  shown = location.pathname + location.search;
});
