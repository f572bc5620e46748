// The page as a canvas: zoom, pan, turn, fit to the value in hand, and words that can be taken.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { safely, say } from "../announce";
import { labelOf } from "../kinds_store";
import type { Box, Line } from "../model";
import { t } from "../text/i18n";
import { placeOf } from "./fetched";
import { focusValue, idOf } from "./focus";
import { press, type Point, type View } from "./gestures";
import { linesOf, picture, thumb, within, words } from "./pages";
import * as session from "./session";
import { stateOf } from "./edits";

type Size = { width: number; height: number };
const ARROWS: Record<string, readonly [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 60; // pixels that an arrow moves the page
const LARGEST = 8;
const CLOSEST = 1.5; // of the whole width: the crop shows the value, the page what stands around it

/** What the keys of the review can do with the canvas in view. */
export const canvas: { zoom: (by: number) => void; fit: () => void; turn: () => void } = {
  zoom: () => undefined,
  fit: () => undefined,
  turn: () => undefined,
};

export function Sheet(props: { job: string; pages: number }) {
  const box = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const holder = useRef<HTMLDivElement>(null);
  const [image, setImage] = useState<HTMLImageElement | null>(null);
  const [lines, setLines] = useState<Line[]>([]);
  const [state, setState] = useState<"loading" | "there" | "missing">("loading");
  const [turn, setTurn] = useState(0);
  const [drawn, setDrawn] = useState<number[] | null>(null);
  const [marking, setMarking] = useState(false); // a finger draws boxes instead of moving the page
  const view = useRef<View>({ scale: 1, x: 0, y: 0 });
  const page = session.page.value;
  const focused = session.focused.value;

  useEffect(() => {
    let here = true;
    setState("loading");
    setLines([]);
    picture(props.job, page).then(
      (found) => here && (setImage(found), setState("there")),
      () => here && (setImage(null), setState("missing")),
    );
    linesOf(props.job, page).then((found) => here && setLines(found), () => undefined);
    return () => void (here = false);
  }, [props.job, page]);

  const size = (): Size => (turn % 2 ? { width: image?.naturalHeight ?? 1, height: image?.naturalWidth ?? 1 } : { width: image?.naturalWidth ?? 1, height: image?.naturalHeight ?? 1 });
  const place = () => {
    if (!sheet.current || !image) return;
    const { naturalWidth: width, naturalHeight: height } = image;
    const turned = [``, `translate(${height}px,0) rotate(90deg)`, `translate(${width}px,${height}px) rotate(180deg)`, `translate(0,${width}px) rotate(270deg)`][turn];
    const { x, y, scale } = view.current;
    sheet.current.style.setProperty("--zoom", String(scale)); // lines of boxes stay as thin at any size
    sheet.current.style.transform = `translate(${x}px,${y}px) scale(${scale}) ${turned}`;
    sheet.current.style.width = `${width}px`;
    sheet.current.style.height = `${height}px`;
  };
  const smallest = () => Math.min(box.current!.clientWidth / size().width, box.current!.clientHeight / size().height);
  const move = (next: View) => {
    if (!box.current) return;
    const { clientWidth, clientHeight } = box.current!;
    const scale = Math.min(Math.max(next.scale, smallest()), LARGEST * smallest());
    const [width, height] = [size().width * scale, size().height * scale];
    const kept = (at: number, length: number, room: number) => (length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, at)));
    view.current = { scale, x: kept(next.x, width, clientWidth), y: kept(next.y, height, clientHeight) };
    place();
  };
  const zoomAt = (by: number, at?: Point) => {
    const point = at ?? { x: box.current!.clientWidth / 2, y: box.current!.clientHeight / 2 };
    const { scale, x, y } = view.current;
    const next = Math.min(Math.max(scale * by, smallest()), LARGEST * smallest());
    move({ scale: next, x: point.x - ((point.x - x) * next) / scale, y: point.y - ((point.y - y) * next) / scale });
  };
  const fitPage = () => image && box.current && move({ scale: box.current.clientWidth / size().width, x: 0, y: 0 });
  const fitPlace = () => {
    if (!image || !box.current) return;
    const found = session.draft.value && placeOf(session.draft.value, focused);
    if (!found || found.page !== page) return fitPage();
    const [x0, y0, x1, y1] = turnedBox(found.box, turn) as [number, number, number, number];
    const { width, height } = size();
    const { clientWidth, clientHeight } = box.current;
    const wide = clientWidth / width;
    const wanted = Math.min((0.55 * clientWidth) / ((x1 - x0) * width), (0.25 * clientHeight) / ((y1 - y0) * height));
    const scale = Math.min(Math.max(wanted, wide), CLOSEST * wide);
    move({ scale, x: clientWidth / 2 - ((x0 + x1) / 2) * width * scale, y: clientHeight / 2 - ((y0 + y1) / 2) * height * scale });
  };
  useLayoutEffect(() => {
    if (!image || !holder.current) return;
    holder.current.replaceChildren(image);
    image.alt = t("review.picture", { page });
    fitPlace();
  }, [image, turn, focused]);
  useEffect(() => {
    const resized = new ResizeObserver(() => image && move(view.current));
    resized.observe(box.current!);
    return () => resized.disconnect();
  }, [image, turn]);
  Object.assign(canvas, { zoom: zoomAt, fit: fitPage, turn: () => setTurn((turn + 1) % 4) });

  /** A point of the screen as fractions of the upright page. */
  const fraction = (event: PointerEvent | MouseEvent): Point => {
    const rect = box.current!.getBoundingClientRect();
    const a = (event.clientX - rect.left - view.current.x) / view.current.scale / size().width;
    const b = (event.clientY - rect.top - view.current.y) / view.current.scale / size().height;
    return [{ x: a, y: b }, { x: b, y: 1 - a }, { x: 1 - a, y: 1 - b }, { x: 1 - b, y: a }][turn]!;
  };
  const take = (text: string, where: number[]) => {
    const path = session.focused.value;
    if (!path) return;
    if (session.commit(path, text, { page, box: where as Box, text })) {
      session.editing.value = false;
      focusValue(path);
    } else session.typing.value = { path, text };
  };
  const clicked = (at: Point) => {
    const other = session.editing.value ? null : fieldAt(at, page);
    if (other && other !== focused) return focusValue(other);
    for (const line of lines) {
      const word = words(line).find(({ box: [x0 = 0, y0 = 0, x1 = 0, y1 = 0] }) => at.x >= x0 && at.x <= x1 && at.y >= y0 && at.y <= y1);
      if (word) return take(word.text, word.box);
    }
  };
  const released = (area: number[], boxOnly: boolean) => {
    const found = within(lines, area);
    const path = session.focused.value;
    if (!path) return;
    if (found && !boxOnly) return take(found.text, found.box);
    const value = session.valueOf(path);
    if (value === null) return say(t("review.no_words"), { bad: true });
    session.change({ op: "correct", path, value, citation: { page, box: area as Box, text: "" } });
    focusValue(path);
  };
  const toBox = (at: Point): Point => {
    const rect = box.current!.getBoundingClientRect();
    return { x: at.x - rect.left, y: at.y - rect.top };
  };
  const pressed = (event: PointerEvent) => image && press(event, {
    pans: ({ pointerType, button, altKey }) => (pointerType === "touch" && !marking) || button === 1 || !session.focused.value || altKey,
    at: fraction,
    view: () => view.current,
    move,
    zoom: (by, about) => zoomAt(by, toBox(about)),
    clicked,
    drawing: setDrawn,
    drawn: released,
  });
  const arrowed = (event: KeyboardEvent) => {
    const way = ARROWS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { x, y } = view.current;
    const far = event.shiftKey ? 4 * STEP : STEP;
    move({ ...view.current, x: x - way[0] * far, y: y - way[1] * far });
  };
  useEffect(() => {
    const wheeled = (event: WheelEvent) => {
      event.preventDefault();
      if (event.ctrlKey) zoomAt(Math.exp(-event.deltaY / 300), toBox({ x: event.clientX, y: event.clientY }));
      else move({ ...view.current, x: view.current.x - event.deltaX, y: view.current.y - event.deltaY });
    };
    const element = box.current!;
    element.addEventListener("wheel", wheeled, { passive: false });
    return () => element.removeEventListener("wheel", wheeled);
  });

  return (
    <section class="sheets" aria-label={t("review.document")}>
      <PageBar pages={props.pages} fitPlace={fitPlace} marking={marking} mark={setMarking} />
      <div class="canvas-row">
        {props.pages > 1 && <Thumbnails job={props.job} pages={props.pages} />}
        <div class="canvas" ref={box} tabIndex={0} role="group" aria-label={t("review.canvas")} onPointerDown={pressed} onKeyDown={arrowed} data-state={state}>
          <div class="sheet" ref={sheet} hidden={state !== "there"}>
            <div ref={holder} />
            <Boxes page={page} drawn={drawn} />
          </div>
          {state === "loading" && <p class="over">{t("review.drawing")}</p>}
          {state === "missing" && <p class="over">{t("review.undrawable")}</p>}
        </div>
      </div>
    </section>
  );
}

function fieldAt(at: Point, page: number): string | null {
  for (const [path, evidence] of Object.entries(session.draft.value?.fields ?? {})) {
    for (const { page: where, box: [x0 = 0, y0 = 0, x1 = 0, y1 = 0] } of evidence.citations) {
      if (where === page && at.x >= x0 && at.x <= x1 && at.y >= y0 && at.y <= y1) return path;
    }
  }
  return null;
}

function turnedBox(box: number[], turn: number): number[] {
  let [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = box;
  for (let times = 0; times < turn; times++) [x0, y0, x1, y1] = [1 - y1, x0, 1 - y0, x1];
  return [x0, y0, x1, y1];
}

function Boxes(props: { page: number; drawn: number[] | null }) {
  const draft = session.draft.value;
  const focused = session.focused.value;
  const root = session.opened.value?.schema ?? null;
  const all = Object.entries(draft?.fields ?? {}).flatMap(([path, { citations }]) =>
    citations.filter(({ page }) => page === props.page).map(({ box }) => ({ path, box })),
  );
  return (
    <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      {all.map(({ path, box: [x0 = 0, y0 = 0, x1 = 0, y1 = 0] }) => (
        <rect key={`${path} ${x0} ${y0}`} class={`${stateOf(draft!, path)} ${path === focused ? "focused" : ""}`} x={x0} y={y0} width={Math.max(0, x1 - x0)} height={Math.max(0, y1 - y0)}>
          <title>{labelOf(root, path)}</title>
        </rect>
      ))}
      {props.drawn && <rect class="drawn" x={props.drawn[0]} y={props.drawn[1]} width={props.drawn[2]! - props.drawn[0]!} height={props.drawn[3]! - props.drawn[1]!} />}
    </svg>
  );
}

function PageBar(props: { pages: number; fitPlace: () => void; marking: boolean; mark: (on: boolean) => void }) {
  const page = session.page.value;
  const back = (event: KeyboardEvent & { currentTarget: HTMLInputElement }) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault(); // else the value that has the focus then is pressed
    if (event.key === "Enter") to(Number(event.currentTarget.value));
    const value = document.getElementById(idOf(session.focused.value ?? ""));
    (value ?? document.getElementById("accept"))?.focus({ preventScroll: true });
  };
  const to = (number: number) => (session.page.value = Math.min(props.pages, Math.max(1, Math.round(number) || 1)));
  return (
    <div class="page-bar" role="group" aria-label={t("review.page_tools")}>
      <button onClick={() => to(page - 1)} disabled={page <= 1} aria-label={t("review.page_before")}>‹</button>
      <label>
        <span class="sr">{t("review.page_number")}</span>
        <input id="page-number" inputMode="numeric" value={String(page)} size={3} onFocus={(event) => event.currentTarget.select()} onChange={(event) => { to(Number(event.currentTarget.value)); event.currentTarget.value = String(session.page.value); }} onKeyDown={back} />
      </label>
      <span>/ {props.pages}</span>
      <button onClick={() => to(page + 1)} disabled={page >= props.pages} aria-label={t("review.page_after")}>›</button>
      <span class="grow" />
      {navigator.maxTouchPoints > 0 && <button aria-pressed={props.marking} onClick={() => props.mark(!props.marking)} aria-label={t("review.mark")} title={t("review.mark")}>▭</button>}
      <button onClick={() => canvas.zoom(1 / 1.3)} aria-label={t("review.smaller")}>−</button>
      <button onClick={() => canvas.zoom(1.3)} aria-label={t("review.larger")}>+</button>
      <button onClick={() => canvas.fit()} aria-label={t("review.fit")} title={t("review.fit")}>⤢</button>
      <button onClick={props.fitPlace} aria-label={t("review.fit_place")} title={t("review.fit_place")}>◎</button>
      <button onClick={() => canvas.turn()} aria-label={t("review.turn")} title={t("review.turn")}>⟳</button>
    </div>
  );
}

function Thumbnails(props: { job: string; pages: number }) {
  const strip = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting || !(target instanceof HTMLImageElement) || target.src) continue;
        safely(async () => void (target.src = await thumb(props.job, Number(target.dataset.page)).catch(() => "")));
      }
    }, { root: strip.current });
    strip.current?.querySelectorAll("img").forEach((image) => seen.observe(image));
    return () => seen.disconnect();
  }, [props.job, props.pages]);
  const page = session.page.value;
  useEffect(() => strip.current?.querySelector(`[data-page="${page}"]`)?.scrollIntoView({ block: "nearest" }), [page]);
  return (
    <ol class="thumbs" ref={strip} aria-label={t("review.thumbs")}>
      {Array.from({ length: props.pages }, (_, index) => (
        <li key={index}>
          <button class="plain" aria-label={t("review.picture", { page: index + 1 })} aria-current={page === index + 1 ? "page" : undefined} tabIndex={page === index + 1 ? 0 : -1} onClick={() => (session.page.value = index + 1)}>
            <img data-page={index + 1} alt="" />
            {index + 1}
          </button>
        </li>
      ))}
    </ol>
  );
}
