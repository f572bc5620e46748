// How the project stands: what was read when, documents by state, why some failed, how right values were found to be.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely } from "./announce";
import { get, Problem } from "./http";
import { kindTitle, labelOf, schemaOf } from "./kinds_store";
import { onReturn } from "./live";
import { STATES, type Schemas } from "./model";
import { Bars, Columns, Expected, Plot, Trend } from "./plots";
import type { Json } from "./review/pointer";
import { count, language, named, percent, t } from "./text/i18n";

const PERIODS = ["day", "week", "month"] as const;
type Period = (typeof PERIODS)[number];
type Sums = Schemas["OverviewView"];

const REFRESH = 60_000;

export function Overview() {
  const period = useSignal<Period>("day");
  const sums = useSignal<Sums | null>(null);
  const problem = useSignal("");
  const load = async () => {
    const wanted = period.value;
    try {
      const found = await get<Sums>(`/v1/overview?period=${wanted}`);
      if (wanted === period.value) sums.value = found;
      problem.value = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = error.message;
    }
  };
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), REFRESH);
    const end = onReturn(() => void load());
    return () => (clearInterval(timer), end());
  }, [period.value]);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="title-row">
        <h1>{t("nav.overview")}</h1>
        <div class="chips" role="group" aria-label={t("overview.period")}>
          {PERIODS.map((one) => (
            <button key={one} class="chip" aria-pressed={one === period.value} onClick={() => (period.value = one)}>{t(`overview.${one}`)}</button>
          ))}
        </div>
      </div>
      {problem.value && <p class="wrong" role="alert">{problem.value} <button onClick={() => void load()}>{t("documents.retry")}</button></p>}
      {sums.value ? <Plots sums={sums.value} /> : !problem.value && <p class="notice" aria-busy="true">{t("loading")}</p>}
    </main>
  );
}

function Plots(props: { sums: Sums }) {
  const { states, failures, ended, confidence, fields, step_seconds: step } = props.sums;
  const documents = ended.reduce((sum, one) => sum + one.documents, 0);
  const unaided = ended.reduce((sum, one) => sum + one.unaided, 0);
  const time = moments(step);
  return (
    <div class="plots">
      <Plot
        title={t("overview.pages")}
        note={documents ? t("overview.straight", { share: percent(unaided / documents), count: count(documents) }) : ""}
        columns={[t("overview.since"), t("documents.pages"), t("nav.documents"), t("overview.unaided")]}
        rows={documents ? ended.map((one) => [time(one.at), count(one.pages), count(one.documents), count(one.unaided)]) : []}
      >
        <Columns values={ended.map(({ pages }) => pages)} labels={ended.map(({ at }) => time(at))} />
      </Plot>
      <Bars title={t("overview.states")} bars={STATES.map((state) => [t(`state.${state}`), states[state] ?? 0])} />
      <Bars title={t("overview.failures")} bars={Object.entries(failures).map(([code, jobs]) => [named(`failure.${code}`, code.replaceAll("_", " ")), jobs])} />
      <Plot
        title={t("overview.confidence")}
        note={confidence.length ? t("overview.confidence_text") : ""}
        columns={[t("overview.sure"), t("overview.judged"), t("overview.right"), t("overview.share")]}
        rows={confidence.map((one) => [`${percent(one.at_least)} – ${percent(one.at_least + 0.1)}`, count(one.judged), count(one.right), percent(one.right / one.judged)])}
      >
        <Expected shares={confidence.map((one) => ({ share: one.right / one.judged, expected: one.at_least + 0.05 }))} />
      </Plot>
      <Fields fields={fields} />
    </div>
  );
}

function Fields(props: { fields: Sums["fields"] }) {
  const day = moments(86_400);
  const roots = useSignal<Record<string, Json | null>>({});
  const names = [...new Set(props.fields.map(({ kind }) => kind))];
  useEffect(() => safely(async () => {
    roots.value = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await schemaOf(name)] as const)));
  }), [names.join()]);
  return (
    <section class="accuracy">
      <h2>{t("overview.fields")}</h2>
      {props.fields.length === 0 ? (
        <p class="none">{t("overview.nothing_settled")}</p>
      ) : (
        <table class="list">
          <thead>
            <tr>{(["kind", "field", "judged", "share", "over_time"] as const).map((column) => <th scope="col" key={column} class={`col-${column}`}>{t(`overview.${column}`)}</th>)}</tr>
          </thead>
          <tbody>
            {props.fields.map(({ kind, field, judged, right, steps }) => (
              <tr key={`${kind} ${field}`}>
                <td>{kindTitle(kind)}</td>
                <th scope="row">{labelOf(roots.value[kind] ?? null, field)}</th>
                <td class="number">{count(judged)}</td>
                <td class="number">{percent(right / judged)}</td>
                <td class="col-over_time"><Trend shares={steps.map((one) => one.right / one.judged)} said={steps.map((one) => `${day(one.at)}: ${percent(one.right / one.judged)}`).join("; ")} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** How the time of a step is written: by the hour within a day, else by the day. */
function moments(step: number): (at: string) => string {
  const options: Intl.DateTimeFormatOptions = step < 86_400 ? { weekday: "short", hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" };
  const format = new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en", options);
  return (at) => format.format(new Date(at));
}
