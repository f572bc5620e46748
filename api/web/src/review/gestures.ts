// What pointers do on the canvas: one takes words, draws a box or moves the page; two fingers make it larger and smaller.
export type Point = { x: number; y: number };
export type View = Point & { scale: number };
/** What the canvas can do; points are fractions of the upright page where nothing else is said. */
export type Canvas = {
  pans: (event: PointerEvent) => boolean;
  at: (event: PointerEvent) => Point;
  view: () => View;
  move: (view: View) => void;
  /** Larger or smaller about a point of the screen. */
  zoom: (by: number, about: Point) => void;
  clicked: (at: Point) => void;
  drawing: (area: number[] | null) => void;
  drawn: (area: number[], placeOnly: boolean) => void;
};

const STILL = 4; // pixels that a hand trembles
const down = new Map<number, Point>(); // the pointers on the canvas, by where on the screen they are
let together = false; // two of them were, since the first came

/** Follow a pointer that has come down until it goes up. */
export function press(event: PointerEvent, canvas: Canvas): void {
  if (event.button > 1) return;
  event.preventDefault();
  const target = event.currentTarget as HTMLElement;
  target.setPointerCapture(event.pointerId);
  if (event.isPrimary) down.clear(); // one whose end was never told
  together = down.size > 0;
  down.set(event.pointerId, onScreen(event));
  const start = canvas.at(event);
  const from = onScreen(event);
  const before = canvas.view();
  const pans = canvas.pans(event);
  const ends = new AbortController();
  let moved = false;
  const onMove = (next: PointerEvent) => {
    if (next.pointerId !== event.pointerId) return;
    const now = onScreen(next);
    const last = down.get(next.pointerId)!;
    down.set(next.pointerId, now);
    if (together) return pinch(next.pointerId, last, now, canvas);
    moved ||= Math.hypot(now.x - from.x, now.y - from.y) > STILL;
    if (!moved) return;
    if (pans) canvas.move({ ...before, x: before.x + now.x - from.x, y: before.y + now.y - from.y });
    else canvas.drawing(areaOf(start, canvas.at(next)));
  };
  const onUp = (next: PointerEvent) => {
    if (next.pointerId !== event.pointerId) return;
    ends.abort();
    down.delete(next.pointerId);
    canvas.drawing(null);
    if (together || next.type === "pointercancel") return;
    if (!moved) canvas.clicked(start);
    else if (!pans) canvas.drawn(areaOf(start, canvas.at(next)), next.shiftKey);
  };
  target.addEventListener("pointermove", onMove, { signal: ends.signal });
  target.addEventListener("pointerup", onUp, { signal: ends.signal });
  target.addEventListener("pointercancel", onUp, { signal: ends.signal });
}

/** One of two fingers has moved: the page follows what is between them. */
function pinch(id: number, last: Point, now: Point, canvas: Canvas): void {
  const other = [...down].find(([one]) => one !== id)?.[1];
  if (!other) return;
  canvas.drawing(null);
  const { x, y, scale } = canvas.view();
  canvas.move({ scale, x: x + (now.x - last.x) / 2, y: y + (now.y - last.y) / 2 });
  const apart = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
  canvas.zoom(apart(now) / apart(last), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
}

function onScreen(event: PointerEvent): Point {
  return { x: event.clientX, y: event.clientY };
}

function areaOf(start: Point, end: Point): number[] {
  const corners = [Math.min(start.x, end.x), Math.min(start.y, end.y), Math.max(start.x, end.x), Math.max(start.y, end.y)];
  return corners.map((edge) => Math.min(1, Math.max(0, edge)));
}
