// Line items as a grid: arrows walk, rows are put in and taken out, and only what is in view is drawn.
import { useRef } from "preact/hooks";
import { labelOf, titleOf } from "../kinds_store";
import { t } from "../text/i18n";
import { Gap, useWindow } from "../windowed";
import { stateOf } from "./edits";
import { ValueBox } from "./fields";
import { focusValue } from "./focus";
import { join, schemaAt, type Json } from "./pointer";
import * as session from "./session";

const HEIGHT = 38;

export function Grid(props: { list: string }) {
  const { list } = props;
  const box = useRef<HTMLDivElement>(null);
  const root = session.opened.value?.schema ?? null;
  const found = session.valueOf(list);
  const rows = Array.isArray(found) ? found : [];
  const columns = columnsOf(root, list, rows);
  const [first, last] = useWindow(box, rows.length, HEIGHT);
  const label = labelOf(root, list);
  const focused = session.focused.value;
  const home = focused?.startsWith(`${list}/`) ? focused : pathOf(list, first, columns[0]?.name);
  return (
    <section class="grid-part" aria-label={label}>
      <h3>
        {label} <small>{t("review.rows", { count: rows.length })}</small>
        <button onClick={() => add(list, rows.length, columns)}>{t("review.add_row")}</button>
      </h3>
      {rows.length > 0 && (
        <div class="grid" ref={box} onKeyDown={(event) => walk(event, list, rows.length, columns)} tabIndex={-1}>
          <table>
            <thead>
              <tr>
                <th scope="col">#</th>
                {columns.map(({ name, title }) => (
                  <th scope="col" key={name}>{title}</th>
                ))}
                <th scope="col"><span class="sr">{t("review.row_acts")}</span></th>
              </tr>
            </thead>
            <tbody>
              <Gap rows={first} height={HEIGHT} />
              {rows.slice(first, last).map((_, index) => {
                const row = first + index;
                return (
                  <tr key={row}>
                    <th scope="row">{row + 1}</th>
                    {columns.map(({ name, title }) => {
                      const path = pathOf(list, row, name);
                      const flagged = session.flagged.value.includes(path);
                      const shown = String(session.valueOf(path) ?? "—");
                      return (
                        <td key={name} class={stateOf(session.draft.value!, path)}>
                          {flagged ? (
                            <button class="value" data-cell={path} tabIndex={-1} onClick={() => focusValue(path)} aria-label={t("review.above", { label: `${title} ${row + 1} ${shown}` })}>
                              {shown}
                            </button>
                          ) : (
                            <ValueBox path={path} label={`${title} ${row + 1}`} tabIndex={path === home ? 0 : -1} />
                          )}
                        </td>
                      );
                    })}
                    <td class="row-acts">
                      <button class="plain" tabIndex={-1} disabled={row === 0} aria-label={t("review.row_up", { row: row + 1 })} onClick={() => move(pathOf(list, row, columns[0]?.name), -1)}>↑</button>
                      <button class="plain" tabIndex={-1} disabled={row === rows.length - 1} aria-label={t("review.row_down", { row: row + 1 })} onClick={() => move(pathOf(list, row, columns[0]?.name), 1)}>↓</button>
                      <button class="plain" tabIndex={-1} aria-label={t("review.remove_row_n", { row: row + 1 })} onClick={() => remove(list, row, rows.length, columns)}>×</button>
                    </td>
                  </tr>
                );
              })}
              <Gap rows={rows.length - last} height={HEIGHT} />
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

type Column = { name: string; title: string };

function columnsOf(root: Json | null, list: string, rows: unknown[]): Column[] {
  const schema = schemaAt(root, join(list, 0));
  const properties = (schema.properties ?? {}) as Record<string, Json>;
  const names = Object.keys(properties).length ? Object.keys(properties) : [...new Set(rows.slice(0, 50).flatMap((row) => (row && typeof row === "object" ? Object.keys(row) : [])))];
  if (!names.length) return [{ name: "", title: titleOf(schema, t("review.item")) }];
  return names.map((name) => ({ name, title: titleOf(schemaAt(root, join(join(list, 0), name)), name) }));
}

function pathOf(list: string, row: number, column: string | undefined): string {
  return column ? join(join(list, row), column) : join(list, row);
}

export function add(list: string, at: number, columns?: Column[]): void {
  session.insertRow(list, at);
  const found = columns ?? columnsOf(session.opened.value?.schema ?? null, list, []);
  requestAnimationFrame(() => focusValue(pathOf(list, at, found[0]?.name)));
}

function remove(list: string, row: number, count: number, columns: Column[]): void {
  session.change({ op: "remove_row", path: join(list, row) });
  if (count > 1) focusValue(pathOf(list, Math.min(row, count - 2), columns[0]?.name));
}

/** The list and the row of a value of a list; null for another. */
export function rowOf(path: string | null): { list: string; row: number } | null {
  const found = path && /^(.*?)\/(\d+)(\/|$)/.exec(path);
  return found ? { list: found[1]!, row: Number(found[2]) } : null;
}

export function removeRow(path: string | null): void {
  const found = rowOf(path);
  const rows = found && session.valueOf(found.list);
  if (found && Array.isArray(rows)) remove(found.list, found.row, rows.length, columnsOf(session.opened.value?.schema ?? null, found.list, rows));
}

/** Move the row of a value up or down; the value stays in hand. False where there is no such place. */
export function move(path: string | null, by: -1 | 1): boolean {
  const found = rowOf(path);
  const rows = found && session.valueOf(found.list);
  const to = found ? found.row + by : -1;
  if (!found || !Array.isArray(rows) || to < 0 || to >= rows.length) return false;
  const place = join(found.list, found.row);
  session.change({ op: "move_row", path: place, to });
  focusValue(join(found.list, to) + path!.slice(place.length));
  return true;
}

const STEPS: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function walk(event: KeyboardEvent, list: string, count: number, columns: Column[]): void {
  const step = STEPS[event.key];
  const target = event.target;
  if (!step || event.ctrlKey || event.altKey || !(target instanceof HTMLButtonElement)) return;
  const path = target.dataset.path ?? target.dataset.cell ?? "";
  const found = rowOf(path);
  if (found?.list !== list) return;
  event.preventDefault();
  const column = columns.findIndex(({ name }) => pathOf(list, found.row, name) === path);
  const row = Math.min(count - 1, Math.max(0, found.row + step[0]));
  const next = columns[Math.min(columns.length - 1, Math.max(0, column + step[1]))];
  const to = pathOf(list, row, next?.name);
  session.turnTo(to);
  const cell = document.querySelector<HTMLElement>(`.grid [data-path="${CSS.escape(to)}"], .grid [data-cell="${CSS.escape(to)}"]`);
  cell?.focus({ preventScroll: true });
  cell?.closest("td")?.scrollIntoView({ block: "nearest" });
}
