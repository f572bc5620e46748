// How the project stands: documents by state, why some failed, what was read lately.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { safely } from "./announce";
import { get } from "./http";
import { STATES, type Job, type State } from "./model";
import { count, named, percent, t } from "./text/i18n";

export function Overview() {
  const counts = useSignal<Partial<Record<State, number>>>({});
  const failed = useSignal<Job[]>([]);
  const recent = useSignal<Job[]>([]);
  useEffect(() => safely(async () => {
    const [states, broken, lately] = await Promise.all([
      get<{ states: Record<State, number> }>("/v1/counts"),
      get<{ jobs: Job[] }>("/v1/jobs?state=failed&limit=500"),
      get<{ jobs: Job[] }>("/v1/jobs?state=done,review&limit=500"),
    ]);
    counts.value = states.states;
    failed.value = broken.jobs;
    recent.value = lately.jobs;
  }), []);
  const reasons = Map.groupBy(failed.value, ({ error }) => error?.code ?? "");
  const byReason = [...reasons].map(([code, jobs]): [string, number] => [named(`error.${code}`, jobs[0]?.error?.message ?? code), jobs.length]);
  const sure = recent.value.filter(({ state }) => state === "done").length;
  return (
    <main id="main" class="page" tabIndex={-1}>
      <h1>{t("nav.overview")}</h1>
      <Bars title={t("overview.states")} bars={STATES.map((state) => [t(`state.${state}`), counts.value[state] ?? 0])} />
      <Bars title={t("overview.failures")} bars={byReason.sort((one, other) => other[1] - one[1]).slice(0, 12)} />
      <Bars title={t("overview.pages")} bars={hours(recent.value)} />
      {recent.value.length > 0 && <p>{t("overview.straight", { share: percent(sure / recent.value.length), count: count(recent.value.length) })}</p>}
    </main>
  );
}

/** Pages that were read in each of the last twelve hours, as far as the newest 500 documents say. */
function hours(jobs: readonly Job[], now = Date.now()): [string, number][] {
  const pages = new Array<number>(12).fill(0);
  for (const { finished_at: at, progress } of jobs) {
    const hour = at ? Math.floor((now - Date.parse(at)) / 3_600_000) : 12;
    if (hour < 12) pages[hour] = (pages[hour] ?? 0) + progress.pages;
  }
  return pages.map((value, hour): [string, number] => [t("overview.hours", { from: hour }), value]).reverse();
}

function Bars(props: { title: string; bars: readonly (readonly [string, number])[] }) {
  const most = Math.max(1, ...props.bars.map(([, value]) => value));
  return (
    <section class="bars">
      <h2>{props.title}</h2>
      {props.bars.length === 0 && <p>{t("overview.none")}</p>}
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
