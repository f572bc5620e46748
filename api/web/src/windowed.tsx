// Rows of one height, of which only those in view are drawn.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** The first and the last row to be drawn of `count` in a box that scrolls. */
export function useWindow(box: { current: HTMLElement | null }, count: number, height: number): [number, number] {
  const [range, setRange] = useState<[number, number]>([0, Math.min(count, 40)]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => {
      const first = Math.max(0, Math.floor(element.scrollTop / height) - 10);
      const last = Math.min(count, Math.ceil((element.scrollTop + element.clientHeight) / height) + 10);
      setRange((before) => (before[0] === first && before[1] === last ? before : [first, last]));
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    const resized = new ResizeObserver(look);
    resized.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      resized.disconnect();
    };
  }, [count, height]);
  return range;
}

/** A row as high as those that are not drawn. */
export function Gap(props: { rows: number; height: number; children?: ComponentChildren }) {
  if (props.rows <= 0) return null;
  return <tr aria-hidden="true" ref={(row) => void (row && (row.style.height = `${props.rows * props.height}px`))} />;
}
