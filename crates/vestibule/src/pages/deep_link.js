// What stands after the # no server has seen. Takes it along to the sign-in, so that the way back leads to the same place.
(() => {
  "use strict";
  const LONGEST = 512; // characters, as the server takes
  const way = new URL(document.querySelector("a.button").href);
  const fragment = window.location.hash.slice(1);

  // The answer of a provider that landed here is for nobody else: not for our server, and not for its logs.
  const isAnswer = (text) => /(^|[#!&?;/\s])(code|access_token|id_token|refresh_token|error|response)\s*=/i.test(text);
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const readings = [fragment, decoded(fragment), decoded(decoded(fragment))];

  if (fragment !== "" && fragment.length <= LONGEST && !readings.some(isAnswer)) {
    const returnTo = way.searchParams.get("return_to") ?? "/";
    way.searchParams.set("return_to", `${returnTo}#${fragment}`);
  }
  // In the place of this page, so that "back" does not lead to it.
  window.location.replace(way);
})();
