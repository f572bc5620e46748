// A page of the sample: a click on a word, or a drag over words, gives them.
import { useEffect, useState } from "preact/hooks";
import type { Line } from "../model";
import { linesOf, picture, within, words, type Word } from "../review/pages";
import { t } from "../text/i18n";

const MOVED = 4; // pixels: less is a click
type Props = { job: string; page: number; marked: readonly number[][]; take: (word: Word, lines: readonly Line[]) => void };

export function Paper(props: Props) {
  const { job, page } = props;
  const [source, setSource] = useState("");
  const [lines, setLines] = useState<Line[]>([]);
  const [missing, setMissing] = useState(false);
  const [drawn, setDrawn] = useState<number[] | null>(null);
  useEffect(() => {
    let here = true;
    setSource("");
    setLines([]);
    setMissing(false);
    picture(job, page).then(({ src }) => here && setSource(src), () => here && setMissing(true));
    linesOf(job, page).then((found) => here && setLines(found), () => undefined);
    return () => void (here = false);
  }, [job, page]);

  const pressed = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const sheet = event.currentTarget as HTMLElement;
    const at = (now: PointerEvent): [number, number] => {
      const { left, top, width, height } = sheet.getBoundingClientRect();
      return [(now.clientX - left) / width, (now.clientY - top) / height];
    };
    const [x, y] = at(event);
    const areaTo = (now: PointerEvent): number[] => {
      const [a, b] = at(now);
      return [Math.min(x, a), Math.min(y, b), Math.max(x, a), Math.max(y, b)];
    };
    const drags = event.pointerType === "mouse"; // a finger scrolls
    let moved = false;
    if (drags) {
      event.preventDefault();
      sheet.setPointerCapture(event.pointerId);
    }
    const onMove = (now: PointerEvent) => {
      moved ||= Math.hypot(now.clientX - event.clientX, now.clientY - event.clientY) > MOVED;
      if (moved && drags) setDrawn(areaTo(now));
    };
    const onEnd = (now: PointerEvent) => {
      ends.abort();
      setDrawn(null);
      if (now.type === "pointercancel" || (moved && !drags)) return;
      const found = moved ? within(lines, areaTo(now)) : wordAt(lines, x, y);
      if (found) props.take(found, lines);
    };
    const ends = new AbortController();
    sheet.addEventListener("pointermove", onMove, { signal: ends.signal });
    sheet.addEventListener("pointerup", onEnd, { signal: ends.signal });
    sheet.addEventListener("pointercancel", onEnd, { signal: ends.signal });
  };

  if (missing) return <p class="notice">{t("review.undrawable")}</p>;
  if (!source) return <p class="notice" aria-busy="true">{t("review.drawing")}</p>;
  return (
    <div class="paper" onPointerDown={pressed} data-lines={lines.length}>
      <img src={source} alt={t("review.picture", { page })} draggable={false} />
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        {props.marked.map((box, index) => <Box key={index} box={box} />)}
        {drawn && <Box box={drawn} drawn />}
      </svg>
    </div>
  );
}

function Box(props: { box: readonly number[]; drawn?: boolean }) {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = props.box;
  return <rect class={props.drawn ? "drawn" : ""} x={x0} y={y0} width={Math.max(0, x1 - x0)} height={Math.max(0, y1 - y0)} />;
}

function wordAt(lines: readonly Line[], x: number, y: number): Word | null {
  for (const line of lines) {
    const found = words(line).find(({ box: [x0 = 0, y0 = 0, x1 = 0, y1 = 0] }) => x >= x0 && x <= x1 && y >= y0 && y <= y1);
    if (found) return found;
  }
  return null;
}
