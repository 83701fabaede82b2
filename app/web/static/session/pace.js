// The pace of a session, whose chart is loaded with the first session that is shown: most visits need none.

import { unheard } from "../lib/presence.js";

/** @import { Session } from "../lib/types.d.ts" */

/** @param {Session} status */
export function showPace(status) {
  import("./chart.js").then(({ showChart }) => showChart(status), unheard);
}
