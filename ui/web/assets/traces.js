// The trace tab: fetches a turn as a timeline, opens its bars, and follows it while it runs.
Object.assign(window.roundtable, (() => {
  const LIVE_MS = 500;
  const PARTS = '<p class="notice" role="alert"></p><div class="chooser"></div>' +
    '<div class="spread"><div class="bars"></div><div class="opened"></div></div><div class="totals"></div>';

  let show = null;
  let wanted = null;

  const drawn = (node, html) => {
    if (node.drawn === html) return false;
    node.drawn = html;
    node.innerHTML = html;
    return true;
  };

  const traces = (element) => {
    element.innerHTML = PARTS;
    const part = (name) => element.querySelector(`.${name}`);
    const [notice, chooser, bars, opened, totals] = ["notice", "chooser", "bars", "opened", "totals"].map(part);
    let at = { conversation: "", run: 0, seen: -1, span: "", live: false };
    let fromPage = "";
    let request = 0;

    const fetched = async (path) => {
      try {
        const response = await fetch(path);
        const told = response.status === 204 ? null : await response.json();
        notice.innerHTML = response.ok ? "" : told.html || "";
        return response.ok ? told : undefined;
      } catch {
        notice.textContent = roundtable.words["script.traces_lost"];
        return undefined;
      }
    };

    const bar = (span) => bars.querySelector(`[data-span="${CSS.escape(span)}"]`);
    const marked = () => bars.querySelectorAll(".bar").forEach((each) =>
      each.setAttribute("aria-pressed", each.dataset.span === at.span));

    const open = async (span, { focus = true } = {}) => {
      at.span = span;
      marked();
      const asked = request;
      const told = await fetched(`/traces/${at.conversation}/${at.run}/${span}`);
      if (!told || at.span !== span || asked !== request) return;
      if (!drawn(opened, told.html) || !focus) return;
      opened.querySelector("h3").focus({ preventScroll: true });
      opened.scrollIntoView({ block: "nearest" });
    };
    const close = () => {
      const button = bar(at.span);
      at.span = "";
      drawn(opened, "");
      marked();
      button?.focus();
    };

    const draw = (told) => {
      const focused = document.activeElement?.dataset?.span;
      const before = bar(at.span)?.outerHTML;
      at = { ...at, conversation: told.conversation || "", run: told.run || 0, seen: told.seen ?? -1, live: told.live };
      drawn(chooser, told.chooser);
      drawn(bars, told.timeline);
      drawn(totals, told.totals);
      marked();
      if (focused) bar(focused)?.focus();
      if (at.span && before !== bar(at.span)?.outerHTML) open(at.span, { focus: false });
    };

    const isVisible = () => element.getClientRects().length > 0;
    const follow = (asked, took) => setTimeout(async () => {
      if (asked !== request || !isVisible()) return;
      const begun = performance.now();
      const told = await fetched(`/traces?conversation=${at.conversation}&run=${at.run}&seen=${at.seen}`);
      if (asked !== request) return;
      if (told) draw(told);
      if (at.live) follow(asked, performance.now() - begun);
    }, Math.max(LIVE_MS, 4 * took));

    const choose = async (conversation, run) => {
      const asked = ++request;
      if (conversation !== at.conversation || run !== at.run) {
        at.span = "";
        drawn(opened, "");
      }
      const told = await fetched(`/traces?conversation=${encodeURIComponent(conversation)}&run=${run}`);
      if (asked !== request) return;
      if (told) draw(told);
      else [chooser, bars, totals].forEach((node) => told === undefined && node !== chooser && drawn(node, ""));
      if (told && at.live) follow(asked, 0);
    };

    show = () => {
      const shown = new URLSearchParams(location.search).get("c") || "";
      const target = wanted || (shown && shown !== fromPage ? { conversation: shown, run: 0 } : at);
      fromPage = shown;
      wanted = null;
      choose(target.conversation, target.run);
    };

    element.addEventListener("change", ({ target }) => {
      if (target.name === "conversation") choose(target.value, 0);
      if (target.name === "run") choose(at.conversation, Number(target.value));
    });
    element.addEventListener("click", ({ target }) => {
      const button = target.closest(".bar");
      if (button) button.dataset.span === at.span ? close() : open(button.dataset.span);
      else if (target.closest(".close")) close();
    });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && at.span) return close();
      const current = event.target.closest(".bar");
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!current || !step) return;
      const all = [...bars.querySelectorAll(".bar")];
      const next = all[all.indexOf(current) + step];
      if (!next) return;
      event.preventDefault();
      all.forEach((each) => (each.tabIndex = each === next ? 0 : -1));
      next.focus();
    });
    new IntersectionObserver((entries) => entries.at(-1).isIntersecting && show()).observe(element);
  };

  const trace = (conversation, run = 0) => {
    wanted = { conversation, run };
    roundtable.openTab("trace");
    if (document.getElementById("trace")?.getClientRects().length) show?.();
  };

  return { traces, trace };
})());
