// A picture that fills the screen, or at least the window where the browser allows no more.

/** Let a picture fill the screen, or return it to its page. */
export function toggleFullScreen(figure: HTMLElement): void {
  if (!figure.classList.contains("full")) {
    set(figure, true);
    void figure.requestFullscreen?.().catch(() => undefined);
  } else {
    set(figure, false);
    if (document.fullscreenElement) void document.exitFullscreen();
  }
}

/** Return a picture to its page by Escape, or if the browser leaves full screen by itself. */
export function watchFullScreen(figure: HTMLElement): void {
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement) set(figure, false);
  });
  figure.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && figure.classList.contains("full")) toggleFullScreen(figure);
  });
}

function set(figure: HTMLElement, full: boolean): void {
  figure.classList.toggle("full", full);
  document.documentElement.classList.toggle("covered", full);
  figure.querySelector("[data-do=full]")?.setAttribute("aria-pressed", String(full));
}
