// On every page: buttons that copy, boxes that complete.

import { mount } from "./complete";

mount(document);

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
  button.addEventListener("click", () => {
    const text = button.parentElement!.querySelector("pre, code")!.textContent!;
    navigator.clipboard.writeText(text).then(
      () => (button.textContent = "Copied"),
      () => (button.textContent = "Select and copy"),
    );
  });
}
