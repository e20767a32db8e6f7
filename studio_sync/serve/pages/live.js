"use strict";
// The board, live: where it has changed, it is opened anew; its address keeps what was looked at.
(() => {
  const { mark } = document.currentScript.dataset;
  setInterval(async () => {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(location.pathname, { method: "HEAD", cache: "no-store" });
      const now = answer.headers.get("etag");
      if (answer.ok && now && now !== `"${mark}"`) location.reload();
    } catch { /* the server has ended */ }
  }, 5000);
})();
