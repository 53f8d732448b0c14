// Shows what the server says of the session, and whether it is still there to say it.
const status = document.getElementById("status");
const show = (state) => {
  status.dataset.state = state;
  for (const line of status.children) line.hidden = line.dataset.for !== state;
};
const events = new EventSource(status.dataset.events);
events.addEventListener("signed_in", () => show("signed_in"));
events.addEventListener("ended", () => { events.close(); show("ended"); });
// The browser tries again by itself, unless it was refused: whoever is not signed in gets 401.
events.onerror = () => show(events.readyState === EventSource.CLOSED ? "ended" : "waiting");
