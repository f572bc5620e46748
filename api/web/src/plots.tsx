// Plots as plain SVG, which says nothing to screen readers: the same figures stand in a table beside it.
import type { ComponentChildren } from "preact";
import { count, percent, t } from "./text/i18n";

/** A plot with a heading and, folded, its figures as a table. */
export function Plot(props: { title: string; columns: readonly string[]; rows: readonly (readonly string[])[]; note?: string; children: ComponentChildren }) {
  return (
    <figure class="plot">
      <figcaption><h2>{props.title}</h2></figcaption>
      {props.note && <p>{props.note}</p>}
      {props.rows.length ? (
        <>
          {props.children}
          <details>
            <summary>{t("overview.table")}</summary>
            <Figures label={props.title} columns={props.columns} rows={props.rows} />
          </details>
        </>
      ) : (
        <p class="none">{t("overview.none")}</p>
      )}
    </figure>
  );
}

function Figures(props: { label: string; columns: readonly string[]; rows: readonly (readonly string[])[] }) {
  return (
    <div class="figures" tabIndex={0} role="group" aria-label={props.label}>
      <table class="list">
        <thead><tr>{props.columns.map((column) => <th scope="col" key={column}>{column}</th>)}</tr></thead>
        <tbody>
          {props.rows.map(([head, ...cells], row) => (
            <tr key={row}><th scope="row">{head}</th>{cells.map((cell, index) => <td key={index} class="number">{cell}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Bars that lie under each other, each with its name and its number: a table itself. */
export function Bars(props: { title: string; bars: readonly (readonly [string, number])[] }) {
  const most = Math.max(1, ...props.bars.map(([, value]) => value));
  return (
    <section class="bars">
      <h2>{props.title}</h2>
      {props.bars.length === 0 && <p class="none">{t("overview.none")}</p>}
      <table>
        <tbody>
          {props.bars.map(([label, value], index) => (
            <tr key={index}>
              <th scope="row">{label}</th>
              <td><svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width={(100 * value) / most} height="1" /></svg></td>
              <td class="number">{count(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Bars that stand side by side over the labels of the first, the middle and the last. */
export function Columns(props: { values: readonly number[]; labels: readonly string[] }) {
  const { values, labels } = props;
  const most = Math.max(1, ...values);
  return (
    <div class="columns">
      <span class="most">{count(most)}</span>
      <svg viewBox={`0 0 ${values.length} 1`} preserveAspectRatio="none" aria-hidden="true">
        {values.map((value, at) => <rect key={at} x={at + 0.1} width="0.8" y={1 - value / most} height={value / most} />)}
      </svg>
      <Axis labels={[labels[0], labels[Math.floor(labels.length / 2)], labels.at(-1)]} />
    </div>
  );
}

/** Shares that stand over what was expected of them: a bar each, and a line where it should end. */
export function Expected(props: { shares: readonly { share: number; expected: number }[] }) {
  return (
    <div class="columns">
      <span class="most">{percent(1)}</span>
      <svg viewBox={`0 0 ${props.shares.length} 1`} preserveAspectRatio="none" aria-hidden="true">
        {props.shares.map(({ share, expected }, at) => (
          <g key={at}>
            <rect x={at + 0.1} width="0.8" y={1 - share} height={share} />
            <line x1={at} x2={at + 1} y1={1 - expected} y2={1 - expected} />
          </g>
        ))}
      </svg>
      <Axis labels={[props.shares[0], props.shares.at(-1)].map((one) => one && percent(one.expected))} />
    </div>
  );
}

function Axis(props: { labels: readonly (string | undefined)[] }) {
  return <div class="axis" aria-hidden="true">{props.labels.map((label, at) => <span key={at}>{label}</span>)}</div>;
}

/** How a share went, as a small line; `said` tells it in words. */
export function Trend(props: { shares: readonly number[]; said: string }) {
  const { shares } = props;
  const last = Math.max(1, shares.length - 1);
  const points = (shares.length === 1 ? [shares[0]!, shares[0]!] : shares).map((share, at) => `${(100 * at) / last},${20 - 18 * share - 1}`);
  return <svg class="trend" viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label={props.said}><polyline points={points.join(" ")} /></svg>;
}
