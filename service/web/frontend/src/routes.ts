// Route edges around nodes: through the gaps between the nodes of each layer that an edge crosses.

import type { Box, Position } from "./places";

/** An edge to route. */
export interface Route {
  source: string;
  target: string;
  /** Positions at which the layout leaves room for it, if it reserved any. */
  hints: Position[];
}

/** Nodes that overlap vertically, from the left to the right. */
interface Layer {
  y1: number;
  y2: number;
  boxes: Box[];
}

/** Where edges leave or enter one side of a node. */
interface Port {
  route: Position[];
  /** Index of the end of the route: 0, or -1 for its last point. */
  end: 0 | -1;
  box: Box;
}

/** Distance of an edge from the nodes that it passes, in pixels. */
const MARGIN = 5;
/** Distance between two edges in the same gap, or on the same side of a node. */
const APART = 4;
const PORTS_APART = 12;
/** Distance of the end of an edge from its node, which has a border. */
const END_GAP = 2;
/** How far edges may pass beside the outermost nodes. */
const BESIDE = 12;

/** Nodes by layers, from the top to the bottom. */
function layersOf(boxes: Box[]): Layer[] {
  const layers: Layer[] = [];
  for (const box of [...boxes].sort((a, b) => a.y1 - b.y1)) {
    const last = layers.at(-1);
    if (last && box.y1 < last.y2) {
      last.y2 = Math.max(last.y2, box.y2);
      last.boxes.push(box);
    } else layers.push({ y1: box.y1, y2: box.y2, boxes: [box] });
  }
  for (const layer of layers) layer.boxes.sort((a, b) => a.x1 - b.x1);
  return layers;
}

/** Free horizontal ranges of a layer, wide enough for an edge. */
function gapsOf(layer: Layer, left: number, right: number): [number, number][] {
  const gaps: [number, number][] = [];
  let free = left - BESIDE;
  for (const { x1, x2 } of layer.boxes) {
    if (x1 - free >= MARGIN) gaps.push([free, x1]);
    free = Math.max(free, x2);
  }
  gaps.push([free, Math.max(free, right) + BESIDE]);
  return gaps;
}

function inside(gap: [number, number], x: number): number {
  const margin = Math.min(MARGIN, (gap[1] - gap[0]) / 2);
  return Math.min(Math.max(x, gap[0] + margin), gap[1] - margin);
}

/** The position of a polyline at a height. */
function at(points: Position[], y: number): number {
  const next = points.findIndex((point) => point.y >= y);
  if (next <= 0) return points.at(next)!.x;
  const [a, b] = [points[next - 1]!, points[next]!];
  return a.x + ((b.x - a.x) * (y - a.y)) / (b.y - a.y || 1);
}

/** Drop points on a straight line between their neighbours. */
function simplified(points: Position[]): Position[] {
  const kept: Position[] = [];
  for (const [index, point] of points.entries()) {
    const [before, after] = [kept.at(-1), points[index + 1]];
    if (before && after) {
      const [ax, ay] = [point.x - before.x, point.y - before.y];
      const [bx, by] = [after.x - before.x, after.y - before.y];
      if (Math.abs(ax * by - ay * bx) <= 0.5 * Math.hypot(bx, by)) continue;
    }
    kept.push(point);
  }
  return kept;
}

class Router {
  private readonly layers: Layer[];
  private readonly left: number;
  private readonly right: number;
  private readonly gaps: [number, number][][];
  private readonly used = new Map<string, number>();
  private readonly ports = new Map<string, Port[]>();

  constructor(private readonly boxes: Map<string, Box>) {
    const all = [...boxes.values()];
    this.layers = layersOf(all);
    this.left = Math.min(...all.map((box) => box.x1));
    this.right = Math.max(...all.map((box) => box.x2));
    this.gaps = this.layers.map((layer) => gapsOf(layer, this.left, this.right));
  }

  private layerOf(box: Box): number {
    return this.layers.findIndex((layer) => layer.y2 >= box.y2);
  }

  /** The points of an edge from its source to its target; `spreadPorts` moves its ends. */
  route({ source, target, hints }: Route): Position[] {
    const [from, to] = [this.boxes.get(source)!, this.boxes.get(target)!];
    const [first, last] = [this.layerOf(from), this.layerOf(to)];
    if (first === last) return this.beside(source, target, first);
    const down = first < last;
    const [above, below] = down ? [from, to] : [to, from];
    const start = { x: (above.x1 + above.x2) / 2, y: above.y2 };
    const end = { x: (below.x1 + below.x2) / 2, y: below.y1 };
    const reserved = [...hints].sort((a, b) => a.y - b.y);
    const points = [start];
    for (let index = Math.min(first, last) + 1; index < Math.max(first, last); index++) {
      const { y1, y2 } = this.layers[index]!;
      const guide = reserved.length ? reserved : [points.at(-1)!, end];
      const x = this.pass(index, at(guide, (y1 + y2) / 2), reserved.length > 0);
      points.push({ x, y: y1 - MARGIN }, { x, y: y2 + MARGIN });
    }
    points.push(end);
    if (!down) points.reverse();
    this.addPort(source, down ? "bottom" : "top", { route: points, end: 0, box: from });
    this.addPort(target, down ? "top" : "bottom", { route: points, end: -1, box: to });
    return points;
  }

  /** The position at which an edge passes a layer: in the gap nearest to the one wanted. */
  private pass(index: number, wanted: number, reserved: boolean): number {
    const distance = (gap: [number, number]) => Math.abs(inside(gap, wanted) - wanted);
    const gaps = this.gaps[index]!;
    const gap = gaps.reduce((best, each) => (distance(each) < distance(best) ? each : best));
    const x = inside(gap, wanted);
    if (reserved && x === wanted) return x;
    const before = this.use(`${index} ${Math.round(x / APART)}`);
    const side = before % 2 ? 1 : -1;
    return inside(gap, x + side * Math.ceil(before / 2) * APART);
  }

  /** An edge within a layer: straight between neighbours, else below the layer. */
  private beside(source: string, target: string, index: number): Position[] {
    const [from, to] = [this.boxes.get(source)!, this.boxes.get(target)!];
    const layer = this.layers[index]!;
    const right = from.x1 < to.x1;
    const [x1, x2] = right ? [from.x2, to.x1] : [to.x2, from.x1];
    const y = (Math.max(from.y1, to.y1) + Math.min(from.y2, to.y2)) / 2;
    const blocked = layer.boxes.some(
      (box) => box !== from && box !== to && box.x2 > x1 && box.x1 < x2 && box.y1 < y && y < box.y2,
    );
    if (!blocked) {
      const ends = [{ x: x1 + END_GAP, y }, { x: x2 - END_GAP, y }];
      return right ? ends : ends.reverse();
    }
    const [a, b] = [(from.x1 + from.x2) / 2, (to.x1 + to.x2) / 2];
    const lower = layer.y2 + 2 * MARGIN + this.use(`below ${index}`) * APART;
    const points = [{ x: a, y: from.y2 }, { x: a, y: lower }, { x: b, y: lower }, { x: b, y: to.y2 }];
    this.addPort(source, "bottom", { route: points, end: 0, box: from });
    this.addPort(target, "bottom", { route: points, end: -1, box: to });
    return points;
  }

  /** How many edges had the same place before; counted up to a few. */
  private use(place: string): number {
    const before = this.used.get(place) ?? 0;
    this.used.set(place, (before + 1) % 4);
    return before;
  }

  private addPort(id: string, side: string, port: Port): void {
    const key = `${side} ${id}`;
    this.ports.set(key, [...(this.ports.get(key) ?? []), port]);
  }

  /** Spread the edges on each side of a node, in the order of their directions. */
  spreadPorts(): void {
    for (const [key, ports] of this.ports) {
      const below = key.startsWith("bottom");
      const next = ({ route, end }: Port) => route.at(end === 0 ? 1 : -2)!.x;
      ports.sort((a, b) => next(a) - next(b));
      for (const [index, port] of ports.entries()) {
        const { box, route, end } = port;
        const room = Math.max(0, box.x2 - box.x1 - 16);
        const step = Math.min(PORTS_APART, room / Math.max(1, ports.length - 1));
        const x = (box.x1 + box.x2) / 2 + (index - (ports.length - 1) / 2) * step;
        const layer = this.layers[this.layerOf(box)]!;
        const y = below ? box.y2 + END_GAP : box.y1 - END_GAP;
        const edge = below ? layer.y2 : layer.y1;
        const tip = { x, y };
        // Beside taller neighbours an edge first leaves the layer.
        const ends = Math.abs(edge - y) > MARGIN ? [tip, { x, y: edge }] : [tip];
        if (end === 0) route.splice(0, 1, ...ends);
        else route.splice(-1, 1, ...ends.reverse());
      }
    }
  }
}

/** The points of each edge, around all nodes. */
export function routeEdges(boxes: Map<string, Box>, edges: Route[]): Position[][] {
  if (!edges.length) return [];
  const router = new Router(boxes);
  const routes = edges.map((edge) => router.route(edge));
  router.spreadPorts();
  return routes.map(simplified);
}

/** The same for layers that are columns, from the left to the right. */
export function routeSideways(boxes: Map<string, Box>, edges: Route[]): Position[][] {
  const turned = new Map(
    [...boxes].map(([id, { x1, y1, x2, y2 }]) => [id, { x1: y1, y1: x1, x2: y2, y2: x2 }]),
  );
  const turn = ({ x, y }: Position) => ({ x: y, y: x });
  const wanted = edges.map((edge) => ({ ...edge, hints: edge.hints.map(turn) }));
  return routeEdges(turned, wanted).map((points) => points.map(turn));
}
