// Pictures and lines of pages, each fetched once, the oldest let go.
import { ask, pause, Problem } from "../http";
import type { Line } from "../model";

const MOST = 24;
const pictures = new Map<string, Promise<HTMLImageElement>>();
const thumbs = new Map<string, Promise<string>>();
const lines = new Map<string, Promise<Line[]>>();

/** A page as a decoded picture; waits while a worker draws it. */
export function picture(job: string, page: number): Promise<HTMLImageElement> {
  return remembered(pictures, `${job}/${page}`, MOST, async () => {
    const image = new Image();
    image.src = await address(`/v1/jobs/${job}/pages/${page}?wait=20`);
    await image.decode();
    return image;
  });
}

/** The URL of a small picture of a page. */
export function thumb(job: string, page: number): Promise<string> {
  return remembered(thumbs, `${job}/${page}`, 400, () => address(`/v1/jobs/${job}/pages/${page}?size=thumb&wait=20`));
}

/** The printed lines of a page; none where the service has none. */
export function linesOf(job: string, page: number): Promise<Line[]> {
  return remembered(lines, `${job}/${page}`, MOST, async () => {
    const answer = await drawn(`/v1/jobs/${job}/pages/${page}/lines?wait=20`).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    });
    return answer ? ((await answer.json()) as { lines: Line[] }).lines : [];
  });
}

async function address(path: string): Promise<string> {
  return URL.createObjectURL(await (await drawn(path)).blob());
}

/** What a worker makes of a page, when it has. */
async function drawn(path: string): Promise<Response> {
  for (;;) {
    const answer = await ask(path);
    if (answer.status !== 202) return answer;
    await pause(1000);
  }
}

function remembered<T>(cache: Map<string, Promise<T>>, key: string, most: number, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const made = make();
  cache.set(key, made);
  made.catch(() => cache.delete(key));
  for (const old of cache.keys()) {
    if (cache.size <= most) break;
    void cache.get(old)?.then((gone) => URL.revokeObjectURL(typeof gone === "string" ? gone : gone instanceof Image ? gone.src : ""), () => undefined);
    cache.delete(old);
  }
  return made;
}

export type Word = { text: string; box: number[] };

/** The letters of a line, each with its box, by the edges of its characters; a line may stand upright. */
export function letters(line: Line): Word[] {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = line.box;
  const all = [...line.text];
  const edges = line.edges;
  if (edges.length !== all.length + 1) return [{ text: line.text, box: line.box }];
  const upright = y1 - y0 > x1 - x0 && Math.abs(edges[0]! - y0) + Math.abs(edges.at(-1)! - y1) < 0.01;
  return all.map((text, at) => {
    const [from, to] = [edges[at]!, edges[at + 1]!];
    return { text, box: upright ? [x0, from, x1, to] : [from, y0, to, y1] };
  });
}

/** The words of a line, each with its box. */
export function words(line: Line): Word[] {
  const found: Word[] = [];
  let open: Word[] = [];
  const close = () => {
    if (open.length) found.push({ text: open.map(({ text }) => text).join(""), box: union(open.map(({ box }) => box)) });
    open = [];
  };
  for (const letter of letters(line)) {
    if (letter.text.trim()) open.push(letter);
    else close();
  }
  close();
  return found;
}

/** What stands in a box: the letters whose middle is in it, line by line. */
export function within(lines: readonly Line[], [x0 = 0, y0 = 0, x1 = 0, y1 = 0]: readonly number[]): Word | null {
  const taken = lines.map((line) =>
    letters(line).filter(({ box: [a = 0, b = 0, c = 0, d = 0] }) => {
      const [x, y] = [(a + c) / 2, (b + d) / 2];
      return x >= x0 && x <= x1 && y >= y0 && y <= y1;
    }),
  );
  const texts = taken.map((row) => row.map(({ text }) => text).join("").trim()).filter(Boolean);
  return texts.length ? { text: texts.join(" "), box: union(taken.flat().map(({ box }) => box)) } : null;
}

export function union(boxes: readonly number[][]): number[] {
  const column = (index: number) => boxes.map((box) => box[index]!);
  return [Math.min(...column(0)), Math.min(...column(1)), Math.max(...column(2)), Math.max(...column(3))];
}
