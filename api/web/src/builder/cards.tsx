// The fields of a kind that is being built, as cards to be changed, with what was read for each.
import type { ComponentChildren } from "preact";
import { schemaAt } from "../review/pointer";
import { textOf } from "../review/values";
import { percent, t } from "../text/i18n";
import { change, fields, intoList, remove, schema, TYPES, type Field, type Type } from "./fields";
import type { Read } from "./view";

export function Cards(props: { read: Read | null }) {
  if (!fields.value.length) return <p class="none">{t("builder.none")}</p>;
  return (
    <ol class="cards">
      {fields.value.map((field) => (
        <li key={field.id} class="card">{field.columns ? <ListCard field={field} read={props.read} /> : <Card field={field} value={<Value field={field} read={props.read} />} />}</li>
      ))}
    </ol>
  );
}

function Card(props: { field: Field; value?: ComponentChildren }) {
  const { field } = props;
  return (
    <>
      <div class="row">
        <Named field={field} />
        <label>
          {t("kinds.type")}{" "}
          <select value={field.type} onChange={(event) => change(field.id, { type: event.currentTarget.value as Type })}>
            {TYPES.map((type) => <option key={type} value={type}>{t(`type.${type}`)}</option>)}
          </select>
        </label>
        <Remove field={field} />
      </div>
      {field.sample && <p class="sample">{t("builder.sample", { text: field.sample })}</p>}
      {props.value}
      <details>
        <summary>{t("builder.more")}</summary>
        <More field={field} labelled />
      </details>
    </>
  );
}

function ListCard(props: { field: Field; read: Read | null }) {
  const { field, read } = props;
  const takes = intoList.value === field.id;
  return (
    <>
      <div class="row">
        <Named field={field} />
        <button aria-pressed={takes} class="chip" onClick={() => (intoList.value = takes ? null : field.id)}>{takes ? t("builder.takes") : t("builder.take")}</button>
        <Remove field={field} />
      </div>
      {field.columns!.length === 0 && <p class="none">{t("builder.no_columns")}</p>}
      <ol class="cards">{field.columns!.map((column) => <li key={column.id} class="card"><Card field={column} /></li>)}</ol>
      {read && <Rows field={field} read={read} />}
      <details>
        <summary>{t("builder.more")}</summary>
        <More field={field} />
      </details>
    </>
  );
}

function Named(props: { field: Field }) {
  const { field } = props;
  return <label>{t("kinds.field")} <input id={`name:${field.id}`} value={field.name} maxLength={64} onInput={(event) => change(field.id, { name: event.currentTarget.value })} /></label>;
}

function Remove(props: { field: Field }) {
  const { field } = props;
  const gone = () => {
    remove(field.id);
    requestAnimationFrame(() => document.getElementById("add-field")?.focus());
  };
  return <button class="plain" onClick={gone} aria-label={t("builder.remove", { name: field.name })}>×</button>;
}

function More(props: { field: Field; labelled?: boolean }) {
  const { field } = props;
  const texts = props.labelled ? (["title", "label", "description"] as const) : (["title", "description"] as const);
  return (
    <div class="more-of">
      {texts.map((part) => <label key={part}>{t(part === "title" ? "builder.title_of" : `builder.${part}`)} <input value={field[part]} maxLength={300} onInput={(event) => change(field.id, { [part]: event.currentTarget.value })} /></label>)}
    </div>
  );
}

function Value(props: { field: Field; read: Read | null }) {
  const { field, read } = props;
  if (!read) return null;
  const value = read.data?.[field.name];
  const evidence = read.fields[`/${field.name.replaceAll("~", "~0").replaceAll("/", "~1")}`];
  const empty = value === null || value === undefined;
  return <p class={empty ? "read nothing" : "read"}>{t("builder.read", { value: empty ? t("review.nothing") : textOf(value) })}{!empty && evidence && ` · ${percent(evidence.confidence)}`}</p>;
}

const MOST_ROWS = 8;

/** The first rows that were read of a list. */
function Rows(props: { field: Field; read: Read }) {
  const { field, read } = props;
  const found = read.data?.[field.name];
  const rows = Array.isArray(found) ? (found as Record<string, unknown>[]) : [];
  const names = Object.keys((schemaAt(schema.value, `/${field.name}/0`).properties ?? {}) as object);
  if (!rows.length) return <p class="read nothing">{t("builder.read", { value: t("review.nothing") })}</p>;
  return (
    <div class="figures" tabIndex={0} role="group" aria-label={field.name}>
      <table class="list">
        <thead><tr>{names.map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
        <tbody>{rows.slice(0, MOST_ROWS).map((row, index) => <tr key={index}>{names.map((name) => <td key={name}>{textOf(row?.[name])}</td>)}</tr>)}</tbody>
      </table>
      {rows.length > MOST_ROWS && <p>{t("review.rows", { count: rows.length })}</p>}
    </div>
  );
}
