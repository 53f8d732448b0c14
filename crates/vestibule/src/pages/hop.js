// Multiple Response Types 2.1: what came in the fragment no server has seen. Hands it over, and leaves it nowhere else.
(() => {
  "use strict";
  const form = document.forms[0];
  form.elements.namedItem("fragment").value = window.location.hash.slice(1);
  // Neither the history nor a bookmark shall keep it.
  window.history.replaceState(null, "", window.location.pathname);
  HTMLFormElement.prototype.submit.call(form);
})();
