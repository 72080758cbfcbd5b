// Logs of builds: scroll to the first error, and fetch hidden lines in place.

async function fill(link: HTMLAnchorElement): Promise<void> {
  const gap = link.closest("tr")!;
  const last = Number(link.dataset.last);
  const answer = await fetch(link.href);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const lines: Element[] = [];
  for (const row of page.querySelectorAll(".log tbody tr")) {
    const number = Number(row.id.slice(1) || 0);
    if (number > last) break;
    lines.push(row);
  }
  const reached = Number(lines.at(-1)?.id.slice(1) || last);
  gap.before(...lines);
  const first = lines.find((row) => row.id)?.querySelector<HTMLElement>("a");
  if (reached < last) {
    const address = new URL(link.href);
    address.searchParams.set("from", String(reached + 1));
    link.href = address.href;
    const left = last - reached;
    link.textContent = `Show ${left.toLocaleString("en")} more lines, ${reached + 1} to ${last}`;
    link.removeAttribute("aria-busy");
  } else {
    gap.remove();
  }
  first?.focus({ preventScroll: true });
}

for (const box of document.querySelectorAll<HTMLElement>(".log, .around")) {
  const died = box.querySelector<HTMLElement>("tr.first, .around tr.error");
  if (died && !location.hash) box.scrollTop = died.offsetTop - box.clientHeight / 3;
}

for (const log of document.querySelectorAll<HTMLElement>(".log")) {
  log.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-more]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.ariaBusy === "true") return;
    link.ariaBusy = "true";
    fill(link).catch(() => location.assign(link.href));
  });
}
