// On every page: buttons that copy, boxes that complete, the menu.

import { mount } from "./complete";

mount(document);

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("button[data-copy]");
  if (!button) return;
  const text = button.dataset.copy || button.parentElement!.querySelector("pre, code")!.textContent!;
  // Over plain HTTP from another machine a browser has no clipboard.
  const copied = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject();
  copied.then(
    () => (button.textContent = "Copied"),
    () => (button.textContent = "Select and copy"),
  );
});

// A button after each link with the start of a hash copies the whole hash. It is for the pointer:
// the page of the spec has one that the keyboard reaches.
for (const link of document.querySelectorAll<HTMLAnchorElement>("main a")) {
  const named = link.matches(".hash[title]") ? link : link.querySelector<HTMLElement>(".hash[title]");
  const whole = named?.title ?? /^\/spec(\/[a-z2-7]{32})/.exec(link.getAttribute("href") ?? "")?.[1];
  const visible = [...link.childNodes].filter((each) => !(each as Element).matches?.(".visually-hidden"));
  const text = visible.map((each) => each.textContent).join("");
  const short = /\/([a-z2-7]{7})(?![a-z2-7])/.exec(text)?.[1];
  if (!whole || !short) continue;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "copy", tabIndex: -1, textContent: "Copy", title: whole });
  button.dataset.copy = whole;
  button.setAttribute("aria-label", `Copy the hash ${short}`);
  link.after(button);
}

for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target as Node)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")!.focus();
  });
}
