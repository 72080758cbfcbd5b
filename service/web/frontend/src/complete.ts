// Completion in a box for specs: an editable combobox with a list of proposals, as the ARIA
// Authoring Practices describe it. Without scripts the box is a plain one.

interface Item {
  text: string;
  kind: string;
  count: number | null;
  note?: string;
}

interface Completion {
  start: number;
  end: number;
  items: Item[];
}

const WAIT = 80;
// Kinds of proposals after which the next ones are offered at once.
const GOES_ON = new Set(["attribute"]);
let boxes = 0;

// The service counts characters, the box its UTF-16 units.
const characters = (text: string): number => Array.from(text).length;
const units = (text: string, count: number): number =>
  Array.from(text).slice(0, count).join("").length;

class Combobox {
  private readonly list = document.createElement("ul");
  private readonly said = document.createElement("span");
  private found: Completion = { start: 0, end: 0, items: [] };
  private active = -1;
  private shownFor = "";
  private timer = 0;
  private asking: AbortController | null = null;

  constructor(private readonly box: HTMLInputElement) {
    const id = `proposals-${++boxes}`;
    this.list.id = id;
    this.list.className = "proposals";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Proposals");
    this.said.className = "visually-hidden";
    this.said.setAttribute("role", "status");
    for (const [name, value] of [
      ["role", "combobox"],
      ["aria-autocomplete", "list"],
      ["aria-controls", id],
      ["aria-expanded", "false"],
      ["autocomplete", "off"],
    ] as const)
      box.setAttribute(name, value);
    box.after(this.list, this.said);
    box.parentElement!.classList.add("completing");
    box.addEventListener("input", () => this.soon());
    box.addEventListener("keydown", (event) => this.onKey(event));
    box.addEventListener("blur", () => this.close());
    // Keep the focus in the box.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (option) this.take(Number(option.dataset.place));
    });
  }

  private get open(): boolean {
    return !this.list.hidden;
  }

  private soon(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), WAIT);
  }

  private async ask(first = -1): Promise<void> {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    const { value, selectionEnd } = this.box;
    const at = characters(value.slice(0, selectionEnd ?? value.length));
    const query = new URLSearchParams({ text: value, at: String(at) });
    try {
      const answer = await fetch(`/api/v1/complete?${query}`, { signal: asking.signal });
      if (!answer.ok) return this.close();
      const found = (await answer.json()) as Completion;
      if (this.box.value !== value || document.activeElement !== this.box) return;
      this.show(found, first);
    } catch {
      if (this.asking === asking) this.close();
    }
  }

  private show(found: Completion, first: number): void {
    const typed = Array.from(this.box.value).slice(found.start, found.end).join("");
    const whole = found.items.length === 1 && found.items[0]!.text === typed;
    if (!found.items.length || whole) return this.close();
    this.found = found;
    this.shownFor = this.box.value;
    this.list.replaceChildren(...found.items.map((item, place) => this.option(item, place)));
    this.list.style.top = `${this.box.offsetTop + this.box.offsetHeight + 2}px`;
    this.list.style.left = `${this.box.offsetLeft}px`;
    this.list.style.width = `${this.box.offsetWidth}px`;
    this.list.hidden = false;
    this.list.scrollTop = 0;
    this.box.setAttribute("aria-expanded", "true");
    const count = found.items.length;
    this.said.textContent = `${count} ${count === 1 ? "proposal" : "proposals"}`;
    this.activate(first < 0 ? -1 : Math.min(first, count - 1));
  }

  private option(item: Item, place: number): HTMLElement {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${place}`;
    option.dataset.place = String(place);
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const text = document.createElement("span");
    text.className = "text";
    text.textContent = item.text;
    const kind = document.createElement("span");
    kind.className = "kind";
    const count = item.count === null ? "" : ` · ${item.count}`;
    kind.textContent = item.note ?? `${item.kind}${count}`;
    option.append(text, " ", kind);
    return option;
  }

  private activate(place: number): void {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = place;
    const option = this.list.children[place];
    if (!option) return this.box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.box.setAttribute("aria-activedescendant", option.id);
  }

  private close(): void {
    window.clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = null;
    this.list.hidden = true;
    this.said.textContent = "";
    this.box.setAttribute("aria-expanded", "false");
    this.activate(-1);
  }

  private take(place: number): void {
    const item = this.found.items[place];
    if (!item) return;
    const { value } = this.box;
    // Typing went on since: these proposals are for a part of what stands there now.
    if (value !== this.shownFor) return void this.ask();
    const word = item.kind === "word" ? " " : "";
    const [start, end] = [units(value, this.found.start), units(value, this.found.end)];
    this.box.setRangeText(item.text + word, start, end, "end");
    this.close();
    this.box.dispatchEvent(new Event("change", { bubbles: true }));
    if (word || GOES_ON.has(item.kind)) this.soon();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.step(step, event.altKey);
    } else if (event.key === "Escape") {
      if (this.open) event.preventDefault();
      this.close();
    } else if ((event.key === "Enter" || event.key === "Tab") && this.open && this.active >= 0) {
      event.preventDefault();
      this.take(this.active);
    } else if (event.key === "Enter" || event.key === "Tab") {
      this.close();
    }
  }

  // The arrow keys cycle through the proposals and the box itself.
  private step(by: number, only: boolean): void {
    const count = this.found.items.length;
    if (!this.open) void this.ask(only ? -1 : by > 0 ? 0 : count);
    else if (only && by < 0) this.close();
    else this.activate(((this.active + 1 + by + count + 1) % (count + 1)) - 1);
  }
}

// In a faulty box, the place of the error is selected as soon as the box gets the focus.
function point(box: HTMLInputElement): void {
  const { position, length } = box.dataset;
  if (position === undefined) return;
  const start = units(box.value, Number(position));
  const end = units(box.value, Number(position) + Number(length));
  box.setSelectionRange(start, Math.max(start, end));
}

export function mount(root: ParentNode): void {
  for (const box of root.querySelectorAll<HTMLInputElement>("input[data-complete]")) {
    new Combobox(box);
    point(box);
  }
}
