/* What the pages can do better with a script. Nothing depends on it: all of it works, less lively, without.
 *
 *   data-events=ADDRESS    what happens there (server-sent events, web/live.h) is shown while it happens: an event
 *                          "progress" holds an object {KEY: value}, and "end" means that the page is another one now
 *     data-live=KEY        shows that value: as its text, a <progress> as its value (none for null)
 *   data-refresh=SECONDS   the page is brought up to date so often, while somebody can see it and no events do that
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
"use strict";

(() => {
  const main = () => document.querySelector("main");
  let events = null;
  let timer = 0;
  /* Something was filled in: bringing the page up to date would throw it away. */
  let touched = false;

  /* What an element is, in a page that was made anew. */
  const likeness = (element) =>
    [element.tagName, element.id, element.getAttribute("name"), element.getAttribute("href"),
      element.getAttribute("value"), element.getAttribute("aria-label")].join(" ");

  /* What the server does not know of a page: where the reader is in it. */
  const remember = (page) => {
    const focus = page.contains(document.activeElement) ? likeness(document.activeElement) : null;
    const same = (element) => likeness(element) === focus;
    const nth = [...page.querySelectorAll("*")].filter(same).indexOf(document.activeElement);
    const open = [...page.querySelectorAll("details")].map((details) => details.open);
    const scrolled = [...page.querySelectorAll(".table")].map((box) => [box.scrollLeft, box.scrollTop]);
    return (next) => {
      next.querySelectorAll("details").forEach((details, i) => {
        details.open = open[i] ?? details.open;
      });
      next.querySelectorAll(".table").forEach((box, i) => box.scrollTo(...(scrolled[i] ?? [0, 0])));
      if (focus !== null)
        ([...next.querySelectorAll("*")].filter(same)[nth] ?? next).focus({ preventScroll: true });
    };
  };

  const busy = () => touched || !document.getSelection().isCollapsed;

  const bring = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Refresh": "1" } });
    /* Signed out meanwhile, or gone. */
    if (answer.redirected || !answer.ok) {
      location.assign(answer.redirected ? answer.url : location.href);
      return;
    }
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (busy())
      return;
    const restore = remember(main());
    main().replaceWith(document.adoptNode(next.querySelector("main")));
    document.title = next.title;
    restore(main());
  };

  const refresh = async () => {
    const watching = events !== null && events.readyState !== EventSource.CLOSED;
    if (document.hidden) {
      document.addEventListener("visibilitychange", refresh, { once: true });
      return;
    }
    try {
      if (!busy() && !watching)
        await bring();
    } catch {
      /* The service is away for a moment; the next time will do. */
    }
    begin();
  };

  const show = (values) => {
    for (const element of document.querySelectorAll("[data-live]")) {
      const value = values[element.dataset.live];
      if (value === undefined)
        continue;
      if (element.tagName !== "PROGRESS") {
        /* What stays as it is is not announced again. */
        if (element.textContent !== String(value))
          element.textContent = value;
      } else if (value === null) {
        element.removeAttribute("value");
      } else {
        element.value = value;
      }
    }
  };

  const begin = () => {
    const watched = document.querySelector("[data-events]");
    const seconds = Number(document.querySelector("[data-refresh]")?.dataset.refresh);
    clearTimeout(timer);
    if (seconds > 0)
      timer = setTimeout(refresh, seconds * 1000);
    const address = watched === null ? null : new URL(watched.dataset.events, location).href;
    if ((events?.url ?? null) === address)
      return;
    events?.close();
    events = null;
    if (address !== null)
      watch(address);
  };

  const watch = (address) => {
    events = new EventSource(address);
    events.addEventListener("progress", (event) => show(JSON.parse(event.data)));
    events.addEventListener("end", (event) => {
      show(JSON.parse(event.data));
      events.close();
      refresh();
    });
  };

  document.addEventListener("input", (event) => {
    touched ||= main().contains(event.target);
  });

  /* Whoever presses a button twice does not mean it twice. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post")
      return;
    if (form.dataset.sent)
      event.preventDefault();
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-disabled", "true");
  });
  /* Unless they come back to the page. */
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
    }
  });

  begin();
})();
