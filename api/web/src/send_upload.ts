// One file to the service: by a form, or if it is large straight to the store and then by its name there.
import { headers, session } from "./http";
import type { Ticket } from "./model";
import { t } from "./text/i18n";
import type { Item } from "./send_files";

const TOO_LARGE = 413;
const NO_UPLOADS = 501;
const FALL_BACK_AFTER = 2; // losses on the way to the store, which this browser may not reach at all

/** Send a file; null when the connection was lost on the way. */
export async function upload(item: Item): Promise<Response | null> {
  const { direct_above: limit = Infinity, max_upload: most = Infinity } = session.value ?? {};
  const { size } = item.file;
  const direct = item.source !== null || (size > limit && (item.losses < FALL_BACK_AFTER || size > most));
  const options = { kind: item.kind, batch: item.batch, ...(item.engine ? { engine: item.engine } : {}) };
  if (!direct) return transfer("/v1/jobs", form(options, "files", item.file), headers(), (share) => (item.share.value = share));
  if (item.source === null) {
    const answer = await toStore(item);
    if (answer === null) item.losses += 1;
    if (answer?.status === NO_UPLOADS && size <= most) return fallBack(item);
    if (answer === null || !answer.ok) return answer;
  }
  const told = await json("/v1/jobs", { source: item.source, ...options }, { "Idempotency-Key": item.source! });
  if (told?.status === 404) {
    item.source = null; // it lay too long: it is sent again
    return null;
  }
  return told;
}

function fallBack(item: Item): Promise<Response | null> {
  item.losses = FALL_BACK_AFTER;
  return upload(item);
}

/** Ask for a place in the store and fill it; the answer is the store's, or the service's where it gives none. */
async function toStore(item: Item): Promise<Response | null> {
  const answer = await json("/v1/uploads", { filename: item.file.name.slice(-200) });
  if (!answer?.ok) return answer;
  const ticket = (await answer.json()) as Ticket;
  if (item.file.size > ticket.max_bytes) return Response.json({ code: "too_large", detail: t("send.too_large", { most: Math.floor(ticket.max_bytes / 2 ** 20) }) }, { status: TOO_LARGE });
  const stored = await transfer(ticket.url, form(ticket.fields, "file", item.file), {}, (share) => (item.share.value = share));
  if (!stored?.ok) return null; // what the store says is XML, and of no use to a person
  item.source = ticket.source;
  return stored;
}

function json(path: string, body: unknown, more: Record<string, string> = {}): Promise<Response | null> {
  return fetch(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers(), ...more } }).catch(() => null);
}

/** The file comes last, as stores want it. */
function form(fields: Record<string, string>, name: string, file: File): FormData {
  const made = new FormData();
  Object.entries(fields).forEach(([field, value]) => made.append(field, value));
  made.append(name, file, file.name);
  return made;
}

/** XMLHttpRequest, since fetch tells no progress of what it sends; null when the connection was lost. */
function transfer(url: string, body: FormData, sent: Record<string, string>, progress: (share: number) => void): Promise<Response | null> {
  const request = new XMLHttpRequest();
  return new Promise((answered) => {
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onerror = request.onabort = () => answered(null);
    request.onload = () => {
      const retryAfter = request.getResponseHeader("Retry-After");
      const text = request.status === 204 ? null : request.responseText;
      answered(new Response(text, { status: request.status, headers: retryAfter ? { "Retry-After": retryAfter } : {} }));
    };
    request.open("POST", url);
    Object.entries(sent).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.send(body);
  });
}
