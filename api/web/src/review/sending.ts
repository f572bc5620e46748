// A review on its way to the service, which may be out of reach, or take it without its answer coming back.
import { say } from "../announce";
import { Problem, sendWhenBack } from "../http";
import type { Change, Job, ReviewRecord } from "../model";
import { t } from "../text/i18n";
import { newest } from "./fetched";
import { isSame } from "./pointer";

export type Decision = "accept" | "reject" | "postpone";
type Order = { revision: number; changes: Change[]; decision?: Decision; reason?: string; sign_off?: boolean };
const DECIDED: Partial<Record<Decision, Job["state"]>> = { accept: "done", reject: "failed" };

/** Send it, again when the service is back; the record that follows, whose data are `expected`. Throws a Problem. */
export async function sendReview(job: string, order: Order, expected: unknown): Promise<ReviewRecord | null> {
  let lost = false;
  try {
    return await sendWhenBack<ReviewRecord>(`/v1/jobs/${job}/review`, order, () => ((lost = true), say(t("review.kept"), { bad: true })));
  } catch (error) {
    if (!lost || !(error instanceof Problem) || error.code !== "stale_revision") throw error;
    const now = await newest(job); // mine, where the answer was lost on its way back
    const isDecided = !order.decision || now.state === (DECIDED[order.decision] ?? now.state);
    if (now.revision !== order.revision + 1 || !isDecided || !isSame(now.data, expected)) throw error;
    return now;
  }
}
