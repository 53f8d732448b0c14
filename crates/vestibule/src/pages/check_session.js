// Session Management 1.0, 3.1: asks the provider's frame now and then whether its session still is the one that we know.
(() => {
  "use strict";
  const EVERY = 5 * 1000; // milliseconds, as in the example of Session Management 1.0, 3.1
  const frame = document.getElementById("provider");
  const { origin, message, sessionState, changed, channel } = frame.dataset;
  let wasUnchanged = false;

  const ask = () => frame.contentWindow.postMessage(message, origin);
  const timer = setInterval(ask, EVERY);
  frame.addEventListener("load", ask);

  const tell = () => {
    const news = { type: "vestibule:signed_out" };
    if (window.parent !== window) {
      window.parent.postMessage(news, window.location.origin);
    }
    if ("BroadcastChannel" in window) {
      new BroadcastChannel(channel).postMessage(news);
    }
  };

  const end = async () => {
    const body = new URLSearchParams({ session_state: sessionState });
    const answer = await fetch(changed, { method: "POST", body, redirect: "error" });
    if (answer.status === 409) {
      // Somebody signed in anew meanwhile: this page is about a session that is no more.
      window.location.reload();
    } else if (answer.ok) {
      tell();
    } else {
      throw new Error("not ended");
    }
  };

  window.addEventListener("message", (event) => {
    // Any window may send messages here: only those of the provider's own frame count.
    if (event.origin !== origin || event.source !== frame.contentWindow) {
      return;
    }
    if (event.data === "unchanged") {
      wasUnchanged = true;
    } else if (event.data === "changed" && wasUnchanged) {
      // A provider whose cookies the browser keeps back never says "unchanged", and always "changed".
      wasUnchanged = false;
      end().catch(() => {
        // Not ended yet: the next "changed" tries again.
        wasUnchanged = true;
      });
    } else if (event.data === "error") {
      clearInterval(timer);
    }
  });
})();
