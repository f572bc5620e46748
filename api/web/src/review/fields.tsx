// The values of a document: first those to be checked, each with a crop of its place, then the rest, folded.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { labelOf } from "../kinds_store";
import type { Issue } from "../model";
import { percent, reasonOf, t } from "../text/i18n";
import { stateOf } from "./edits";
import { placeOf } from "./fetched";
import { focusValue, idOf, restOpen } from "./focus";
import { Grid } from "./grid";
import { picture } from "./pages";
import { leaves, schemaAt } from "./pointer";
import * as session from "./session";
import { textOf, typeOf } from "./values";

const DOUBTFUL = "doubtful"; // of how it was read, which is past once a person has settled it
const SIGNS = { open: "?", sure: "", confirmed: "✓", corrected: "✎" } as const;

export function Fields() {
  const draft = session.draft.value;
  const [open, setOpen] = useState(session.flagged.value.length === 0);
  restOpen.now = setOpen;
  const job = session.opened.value?.job.id;
  useEffect(() => setOpen(session.flagged.value.length === 0 || session.typing.value !== null), [job]);
  if (!draft?.data) return null;
  const lists = listsOf(draft.data);
  const first = new Set(session.flagged.value);
  const rest = [...leaves(draft.data)].map(([path]) => path).filter((path) => !first.has(path) && !lists.some((list) => path.startsWith(`${list}/`)) && !Array.isArray(session.valueOf(path)));
  const left = session.stillOpen.value.length;
  return (
    <div class="fields">
      <h2 id="to-check">{left ? t("review.to_check", { count: left }) : t("review.none_open")}</h2>
      {session.flagged.value.filter((path) => !gone(path)).map((path) => (
        <Value key={path} path={path} flagged />
      ))}
      <GeneralIssues />
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t("review.rest", { count: rest.length })}</summary>
        {open && rest.map((path) => <Value key={path} path={path} />)}
      </details>
      {lists.map((list) => (
        <Grid key={list} list={list} />
      ))}
    </div>
  );
}

function gone(path: string): boolean {
  return /\/\d+/.test(path) && session.draft.value?.field_states[path] === undefined && session.valueOf(path) === null;
}

/** Lists of rows, at the top or in an object, also those that are empty. */
function listsOf(data: unknown, at = ""): string[] {
  if (data === null || typeof data !== "object") return [];
  if (Array.isArray(data)) return [at];
  return Object.entries(data).flatMap(([name, child]) => listsOf(child, `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`));
}

function issuesAt(path: string): Issue[] {
  return session.issues.value.filter((issue) => issue.path === path);
}

function GeneralIssues() {
  const known = session.draft.value?.field_states ?? {};
  const general = session.issues.value.filter(({ path, severity }) => severity !== "info" && (!(path in known) || !session.flagged.value.includes(path)));
  if (!general.length) return null;
  const root = session.opened.value?.schema ?? null;
  return (
    <ul class="issues">
      {general.map((issue, index) => (
        <li key={index} class={issue.severity}>
          {issue.path && <button class="link" onClick={() => focusValue(issue.path)}>{labelOf(root, issue.path)}</button>} {reasonOf(issue)}
        </li>
      ))}
    </ul>
  );
}

/** Why a value is to be checked, in words. */
function reasons(path: string): string[] {
  const record = session.opened.value?.record;
  const told = (record?.review_reasons ?? [])
    .filter((reason) => reason.path === path && reason.code !== "low_confidence") // which is told below, in the language of the page
    .map(reasonOf);
  const broken = issuesAt(path).map(reasonOf);
  const evidence = session.draft.value?.fields[path];
  const low = told.length || broken.length || !evidence ? [] : [t("review.low", { percent: percent(evidence.confidence) })];
  return [...new Set([...told, ...broken, ...low])];
}

export function Value(props: { path: string; flagged?: boolean }) {
  const { path } = props;
  const draft = session.draft.value!;
  const root = session.opened.value?.schema ?? null;
  const state = stateOf(draft, path);
  const evidence = draft.fields[path];
  const label = path === "" ? t("review.document") : labelOf(root, path);
  const settled = state === "confirmed" || state === "corrected";
  const why = props.flagged && state === "open" ? reasons(path) : issuesAt(path).filter(({ code }) => !settled || code !== DOUBTFUL).map(reasonOf);
  const place = placeOf(draft, path);
  const inHand = session.focused.value === path;
  return (
    <div class={`field ${state} ${inHand ? "in-hand" : ""}`}>
      <div class="field-head">
        <label for={idOf(path)}>{label}</label>
        <span class={`sign ${state}`}>
          {SIGNS[state]} {state === "sure" || state === "open" ? (evidence ? percent(evidence.confidence) : t(`state.${state}`)) : t(`state.${state}`)}
        </span>
      </div>
      {props.flagged && place && <Crop job={session.opened.value!.job.id} page={place.page} box={place.box} label={label} />}
      <ValueBox path={path} label={label} describedBy={why.length ? `why:${path}` : undefined} />
      {why.length > 0 && (
        <ul class="why" id={`why:${path}`}>
          {why.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {props.flagged && evidence && <Alternatives path={path} />}
    </div>
  );
}

function Alternatives(props: { path: string }) {
  const found = session.draft.value?.fields[props.path]?.alternatives ?? [];
  if (!found.length) return null;
  return (
    <div class="alternatives" role="group" aria-label={t("review.alternatives")}>
      {found.map(({ value, confidence }, index) => (
        <button key={index} tabIndex={-1} onClick={() => (session.take(props.path, index + 1), focusValue(props.path))}>
          <kbd>{index + 1}</kbd> {textOf(value) || t("review.nothing")} <small>{percent(confidence)}</small>
        </button>
      ))}
    </div>
  );
}

/** The value itself: a button in hand of the keys, an input while it is typed over. */
export function ValueBox(props: { path: string; label: string; describedBy?: string; tabIndex?: number }) {
  const { path } = props;
  const typing = session.typing.value?.path === path ? session.typing.value.text : null;
  const edits = typing !== null || (session.editing.value && session.focused.value === path);
  const value = session.valueOf(path);
  const whole = path === "" || (value !== null && typeof value === "object");
  const text = whole ? t("review.whole") : textOf(value);
  if (edits && !whole) return <Editor path={path} text={typing ?? text} label={props.label} />;
  return (
    <button
      class="value"
      id={idOf(path)}
      data-path={path}
      tabIndex={props.tabIndex}
      aria-label={t("review.value", { label: props.label, value: text || t("review.nothing"), state: t(`state.${stateOf(session.draft.value!, path)}`) })}
      aria-describedby={props.describedBy}
      onFocus={() => session.focused.value !== path && session.turnTo(path)}
      onClick={() => (whole ? session.turnTo(path) : edit(path))}
    >
      {text || <i>{t("review.nothing")}</i>}
    </button>
  );
}

/** Type over a value. */
export function edit(path: string): void {
  session.turnTo(path);
  session.editing.value = true;
}

function Editor(props: { path: string; text: string; label: string }) {
  const { path } = props;
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const left = useRef(false);
  const schema = schemaAt(session.opened.value?.schema, path);
  const wrong = session.wrong.value?.path === path ? session.wrong.value.message : null;
  const choices = Array.isArray(schema.enum) ? schema.enum.filter((one) => one !== null).map(String) : [];
  const numeric = typeOf(schema) === "number" || typeOf(schema) === "integer";
  useLayoutEffect(() => { // before the next key, which is for the field
    if (session.focused.value !== path) return;
    input.current?.focus({ preventScroll: true });
    input.current?.select();
  }, []);
  const shared = {
    ref: input,
    id: idOf(path),
    "data-path": path,
    "aria-label": props.label,
    "aria-invalid": wrong !== null,
    "aria-describedby": wrong ? `wrong:${path}` : undefined,
    value: props.text,
    spellcheck: false,
    onFocus: () => session.focused.value !== path && session.turnTo(path),
    onInput: (event: { currentTarget: { value: string } }) => {
      session.typing.value = { path, text: event.currentTarget.value };
      session.store();
    },
    onBlur: (event: { currentTarget: { value: string } }) => {
      if (left.current || !document.hasFocus()) return;
      if (session.typing.value?.path === path) session.commit(path, event.currentTarget.value);
      if (session.focused.value === path) session.editing.value = false;
    },
  };
  return (
    <>
      {props.text.includes("\n") || props.text.length > 90 ? <textarea rows={3} {...shared} /> : <input autocomplete="off" inputMode={numeric ? "decimal" : undefined} list={choices.length ? `choices:${path}` : undefined} {...shared} />}
      {choices.length > 0 && (
        <datalist id={`choices:${path}`}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
      {wrong && <p class="wrong" id={`wrong:${path}`} role="alert">{wrong}</p>}
    </>
  );
}

/** The place of a value, cut out of its page; drawn when it comes into view. */
export function Crop(props: { job: string; page: number; box: number[]; label: string }) {
  const paper = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let here = true;
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      seen.disconnect();
      picture(props.job, props.page).then((image) => here && paper.current && draw(paper.current, image, props.box), () => undefined);
    });
    seen.observe(paper.current!);
    return () => {
      here = false;
      seen.disconnect();
    };
  }, [props.job, props.page, props.box.join()]);
  return <canvas class="crop" ref={paper} role="img" aria-label={t("review.crop", { label: props.label, page: props.page })} />;
}

function draw(paper: HTMLCanvasElement, image: HTMLImageElement, box: number[]): void {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = box;
  const { naturalWidth: width, naturalHeight: height } = image;
  const density = devicePixelRatio || 1;
  const room = paper.clientWidth || 360;
  const high = Math.max(12, (y1 - y0) * height);
  const margin = 0.7 * high;
  const tall = Math.min(96, Math.max(40, high * 2.4));
  const scale = Math.min(tall / (high + 2 * margin), room / ((x1 - x0) * width + 2 * margin));
  const [wide, deep] = [room / scale, tall / scale];
  const left = Math.max(0, Math.min(width - wide, ((x0 + x1) / 2) * width - wide / 2));
  const top = Math.max(0, Math.min(height - deep, ((y0 + y1) / 2) * height - deep / 2));
  paper.width = room * density;
  paper.height = tall * density;
  paper.style.height = `${tall}px`;
  const pen = paper.getContext("2d")!;
  pen.scale(density, density);
  pen.drawImage(image, left, top, wide, deep, 0, 0, room, tall);
  pen.strokeStyle = "#d97706";
  pen.lineWidth = 2;
  pen.strokeRect((x0 * width - left) * scale - 3, (y0 * height - top) * scale - 3, (x1 - x0) * width * scale + 6, (y1 - y0) * height * scale + 6);
}

