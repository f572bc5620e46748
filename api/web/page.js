// The page at /: send documents, watch them being read, see every value on its page, correct it.
// It uses only the public API, and sets text by textContent: documents may say anything.

const $ = (id) => document.getElementById(id);
const FINISHED = ["done", "review", "failed", "cancelled"];
const WEAK = 0.5;
const jobs = new Map();
let shown = null; // { job, record, page, changed: Map of pointer to value }

async function api(path, options = {}) {
  const key = sessionStorage.getItem("key");
  const headers = { ...(options.headers || {}), ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401) $("key-row").hidden = false;
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({ detail: `The service answered ${answer.status}.` }));
    throw new Error(problem.detail);
  }
  return answer;
}

function say(error) {
  $("message").textContent = error ? String(error.message || error) : "";
  $("message").hidden = !error;
}

const safely = (action) => async (...given) => {
  try { say(null); await action(...given); } catch (error) { say(error); }
};

// Sending

const send = safely(async (files) => {
  for (const file of files) {
    const form = new FormData();
    form.append("files", file, file.name);
    form.append("kind", $("kind").value);
    const taken = await (await api("/v1/jobs", { method: "POST", body: form })).json();
    taken.jobs.forEach(note);
    draw();
  }
});

async function loadKinds() {
  const kinds = await (await api("/v1/kinds")).json();
  $("kind").replaceChildren(...kinds.map((kind) => new Option(kind.name, kind.name)));
  $("kind").value = kinds.some((kind) => kind.name === "receipt") ? "receipt" : kinds[0].name;
}

// The list of jobs

function note(job) { jobs.set(job.id, job); }

function draw() {
  const wanted = $("filter").value;
  const newest = [...jobs.values()].filter((job) => !wanted || job.state === wanted).sort((a, b) => b.created_at.localeCompare(a.created_at)).slice(0, 200);
  $("jobs").replaceChildren(...newest.map(row));
}

function row(job) {
  const line = document.createElement("tr");
  line.tabIndex = 0;
  line.classList.toggle("shown", shown?.job.id === job.id);
  const name = cell(job.filename, job.error ? job.error.message : job.kind);
  const { pages, pages_done: done } = job.progress;
  const state = cell(job.state === "running" && pages ? `page ${done}/${pages}` : job.state);
  state.classList.add("state", job.state);
  line.append(name, state);
  line.onclick = line.onkeydown = (event) => { if (!event.key || event.key === "Enter") open(job.id); };
  return line;
}

function cell(text, small) {
  const made = document.createElement("td");
  made.textContent = text;
  if (small) { const under = document.createElement("small"); under.textContent = small; made.append(under); }
  return made;
}

async function follow() {
  // fetch instead of EventSource, which cannot send a key
  for (;;) {
    try {
      (await (await api("/v1/jobs?limit=200")).json()).jobs.forEach(note);
      draw();
      const reader = (await api("/v1/events")).body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const events = (rest + value).split("\n\n");
        rest = events.pop();
        for (const event of events) {
          const data = event.split("\n").find((line) => line.startsWith("data: "));
          if (data) heard(JSON.parse(data.slice(6)));
        }
      }
    } catch (error) { say(error); }
    await new Promise((resume) => setTimeout(resume, 2000));
  }
}

function heard(job) {
  const before = jobs.get(job.id);
  note(job);
  draw();
  const ended = FINISHED.includes(job.state) && before?.state !== job.state;
  if (shown?.job.id === job.id && ended && !shown.changed.size) open(job.id);
}

// One record

const open = safely(async (id) => {
  const job = jobs.get(id);
  shown = { job, record: null, page: 1, changed: new Map() };
  history.replaceState(null, "", `#${id}`);
  draw();
  $("view").hidden = false;
  $("title").textContent = job.filename;
  $("state").textContent = job.state;
  $("state").className = `state ${job.state}`;
  document.querySelector("#jobs .shown")?.scrollIntoView({ block: "nearest" });
  if (FINISHED.includes(job.state) && job.state !== "cancelled") {
    shown.record = await (await api(`/v1/jobs/${id}/record`)).json();
    const blob = new Blob([JSON.stringify(shown.record, null, 2)], { type: "application/json" });
    $("download").href = URL.createObjectURL(blob);
    $("download").download = `${job.filename}.json`;
  }
  drawRecord();
  await drawPage();
});

function* leaves(value, at = "") {
  if (value !== null && typeof value === "object") {
    for (const [name, child] of Object.entries(value)) {
      yield* leaves(child, `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
    }
  } else yield [at, value];
}

function drawRecord() {
  const record = shown.record;
  $("values").replaceChildren();
  $("issues").replaceChildren();
  $("save").hidden = true;
  if (!record) return;
  if (record.data) for (const [at, value] of leaves(record.data)) $("values").append(valueRow(at, value, record.fields[at]));
  for (const issue of record.issues) {
    const item = document.createElement("li");
    item.className = issue.severity;
    item.textContent = `${issue.path} ${issue.message}`;
    $("issues").append(item);
  }
}

function valueRow(at, value, evidence) {
  const line = document.createElement("tr");
  line.dataset.at = at;
  const name = cell(at.slice(1).replaceAll("/", " › "));
  const shownValue = cell(value === null ? "" : String(value));
  shownValue.contentEditable = "plaintext-only";
  shownValue.oninput = () => {
    shown.changed.set(at, typed(shownValue.textContent, value));
    shownValue.classList.add("changed");
    $("save").hidden = false;
  };
  const sure = cell(evidence ? `${Math.round(100 * evidence.confidence)} %` : "");
  line.append(name, shownValue, sure);
  line.onmouseenter = () => light(at, true);
  line.onmouseleave = () => light(at, false);
  line.onclick = () => {
    const place = evidence?.citations[0];
    if (place && place.page !== shown.page) { shown.page = place.page; safely(drawPage)(); }
  };
  return line;
}

function typed(text, before) {
  const clean = text.trim();
  if (clean === "") return null;
  if (typeof before === "number" && Number.isFinite(Number(clean))) return Number(clean);
  if (typeof before === "boolean") return clean === "true";
  return clean;
}

function light(at, on) {
  for (const part of document.querySelectorAll("[data-at]")) {
    if (part.dataset.at === at) part.classList.toggle("lit", on);
  }
}

async function drawPage() {
  const { job, record, page } = shown;
  const count = job.progress.pages || 1;
  $("page").textContent = `${page} / ${count}`;
  $("before").disabled = page <= 1;
  $("after").disabled = page >= count;
  $("boxes").replaceChildren();
  $("picture").removeAttribute("src");
  $("sheet").hidden = job.state === "failed" || job.state === "cancelled";
  if ($("sheet").hidden) return;
  const answer = await api(`/v1/jobs/${job.id}/pages/${page}?wait=30`);
  if (shown.job !== job || shown.page !== page || answer.status !== 200) return;
  $("picture").src = URL.createObjectURL(await answer.blob());
  for (const [at, evidence] of Object.entries(record?.fields ?? {})) {
    for (const place of evidence.citations) if (place.page === page) $("boxes").append(box(at, evidence, place));
  }
}

function box(at, evidence, { box: [x0, y0, x1, y1], text }) {
  const made = document.createElement("div");
  made.dataset.at = at;
  made.title = `${at}: ${text}`;
  made.classList.toggle("weak", evidence.confidence < WEAK);
  Object.assign(made.style, {
    left: `${100 * x0}%`, top: `${100 * y0}%`, width: `${100 * (x1 - x0)}%`, height: `${100 * (y1 - y0)}%`,
  });
  made.onmouseenter = () => light(at, true);
  made.onmouseleave = () => light(at, false);
  made.onclick = () => document.querySelector(`#values [data-at="${CSS.escape(at)}"]`)?.scrollIntoView({ block: "center" });
  return made;
}

const save = safely(async () => {
  const data = structuredClone(shown.record.data);
  for (const [at, value] of shown.changed) put(data, at, value);
  const options = { method: "PUT", body: JSON.stringify(data), headers: { "Content-Type": "application/json" } };
  shown.record = await (await api(`/v1/jobs/${shown.job.id}/record`, options)).json();
  shown.changed.clear();
  drawRecord();
});

function put(data, at, value) {
  const parts = at.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = parts.pop();
  parts.reduce((place, part) => place[part], data)[last] = value;
}

// Wiring

$("files").onchange = (event) => { send([...event.target.files]); event.target.value = ""; };
$("key").onchange = (event) => { sessionStorage.setItem("key", event.target.value); location.reload(); };
$("filter").onchange = draw;
$("before").onclick = () => { shown.page -= 1; safely(drawPage)(); };
$("after").onclick = () => { shown.page += 1; safely(drawPage)(); };
$("save").onclick = save;
addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
addEventListener("dragleave", () => document.body.classList.remove("dropping"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  send([...event.dataTransfer.files]);
});
safely(loadKinds)();
if (location.hash) safely(async () => {
  note(await (await api(`/v1/jobs/${location.hash.slice(1)}`)).json());
  await open(location.hash.slice(1));
})();
follow();
