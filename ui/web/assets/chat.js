// The conversation: drawn piece by piece as the server tells it, and everything a person does with it.
Object.assign(window.roundtable, (() => {
  const RETRY_MS = 2000;
  const LOST_MS = 1500;
  const SHOWN = 60; // pieces of a long conversation that are laid out; the earlier ones are shown when they are asked for
  let first = null;
  let second = null;
  let side = null;
  let editing = null;
  let sending = false;

  const said = (name) => roundtable.words[`script.${name}`];
  const page = () => document.getElementById("page");
  const box = () => document.querySelector("#composer textarea");

  const drawn = (node, html) => {
    if (node.drawn === html) return;
    node.drawn = html;
    node.innerHTML = html;
  };

  // One stream of patches; a broken one is opened again, and begins with everything.
  const follow = (conversation, draw) => {
    let source = null;
    let lost = 0;
    const found = () => {
      clearTimeout(lost);
      lost = 0;
      page()?.classList.remove("lost");
    };
    const open = () => {
      source = new EventSource(`live?conversation=${encodeURIComponent(conversation)}`);
      source.onmessage = (event) => (found(), draw(JSON.parse(event.data)));
      source.onerror = () => {
        lost ||= setTimeout(() => draw({ lost: true }), LOST_MS);
        if (source?.readyState !== EventSource.CLOSED) return;
        fetch("choices").catch(() => {});
        setTimeout(() => source?.readyState === EventSource.CLOSED && open(), RETRY_MS);
      };
    };
    // A browser has six connections to one server, whatever the number of tabs: a hidden one keeps none.
    const seen = () => {
      if (document.hidden === !source) return;
      if (!document.hidden) return open();
      found();
      source.close();
      source = null;
    };
    document.addEventListener("visibilitychange", seen);
    if (!document.hidden) open();
    return () => {
      document.removeEventListener("visibilitychange", seen);
      found();
      source?.close();
      source = null;
    };
  };

  const thread = (element, isMain) => {
    const part = (selector) => element.querySelector(selector);
    const [talk, log, status, head] = [part(".talk"), part(".log"), part(".status"), part(".head")];
    talk.ariaLabel = said("table");
    log.ariaLabel = said("conversation");
    let conversation = "";
    let end = null;
    let follows = true;
    const decide = (verdict) => roundtable.post(`conversations/${conversation}/decide`, verdict);
    const ask = roundtable.approval(part(".panel"),
      async (verdict) => (await decide(verdict)) && roundtable.notice(""),
      () => (isMain ? box() : talk)?.focus({ preventScroll: true }));
    const isAtEnd = () => talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
    const toEnd = () => follows && (talk.scrollTop = talk.scrollHeight);
    const earlier = part(".earlier");
    earlier.textContent = said("earlier");
    let from = 0;
    const showFrom = (start) => {
      const below = talk.scrollHeight - talk.scrollTop;
      for (let at = Math.min(from, start); at < Math.max(from, start); at += 1) log.children[at].hidden = at < start;
      from = start;
      earlier.hidden = from === 0;
      talk.scrollTop = talk.scrollHeight - below;
    };
    earlier.addEventListener("click", () => showFrom(Math.max(0, from - SHOWN)));

    const draw = (told) => {
      if (told.lost) {
        page().classList.add("lost");
        status.textContent = said("lost");
        return;
      }
      if ("count" in told) {
        for (const [index, html] of Object.entries(told.pieces))
          drawn(log.children[index] || log.appendChild(document.createElement("div")), html);
        while (log.children.length > told.count) log.lastElementChild.remove();
        if (from >= told.count) from = 0;
        if (follows && told.count - from > 2 * SHOWN) showFrom(told.count - SHOWN);
      }
      if ("head" in told) drawn(head, told.head);
      if (isMain && "panel" in told) page().classList.toggle("asks", Boolean(told.panel.id));
      if ("panel" in told) ask(told.panel);
      if ("pieces" in told || "panel" in told) toEnd();
      if ("status" in told) status.textContent = told.status;
      if (!isMain) return;
      if ("busy" in told) page().classList.toggle("busy", told.busy);
      if ("sources" in told) roundtable.listed(told.sources);
      if ("who" in told) drawn(document.getElementById("who"), told.who);
      if ("list" in told) listed(told.list);
      if ("ready" in told) drawn(document.getElementById("readiness"), told.ready);
      if (told.gone) roundtable.notice(told.gone);
    };

    roundtable.cites(log, () => conversation);
    roundtable.hints(log);
    talk.addEventListener("scroll", () => (follows = isAtEnd()));
    log.addEventListener("load", toEnd, true);
    log.addEventListener("error", (event) => event.target.closest("figure")?.classList.add("failed"), true);
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) acts[button.dataset.do]?.(conversation, button);
    });
    return {
      element,
      enter: (other) => {
        if (end && other === conversation) return;
        end?.();
        conversation = other;
        follows = true;
        log.replaceChildren();
        from = 0;
        earlier.hidden = true;
        end = follow(other, draw);
      },
      leave: () => end?.(),
    };
  };

  const listed = (html) => {
    if (!side) return;
    if (!side.searching) drawn(side.list, html);
    mark();
  };
  const mark = () =>
    side?.list.querySelectorAll("[data-conversation]").forEach((link) =>
      link.dataset.conversation === roundtable.here()
        ? link.setAttribute("aria-current", "page")
        : link.removeAttribute("aria-current"));

  const enter = () => {
    roundtable.notice("");
    roundtable.closePassage();
    stopEditing();
    page().classList.remove("choosing");
    page().classList.toggle("empty", !roundtable.here());
    first.enter(roundtable.here());
    const other = roundtable.beside();
    if (!other && second) {
      second.leave();
      second.element.remove();
      second = null;
    }
    if (other && !second) {
      const copy = first.element.cloneNode(true);
      copy.querySelectorAll(".head, .log, .panel, .status").forEach((node) => node.replaceChildren());
      first.element.after(copy);
      second = thread(copy, false);
      const close = Object.assign(document.createElement("button"), { type: "button", className: "leave", textContent: "×" });
      close.ariaLabel = close.title = said("leave");
      close.dataset.do = "close";
      copy.prepend(close);
    }
    second?.enter(other);
    first.element.parentElement.classList.toggle("two", Boolean(other));
    mark();
  };

  const stopEditing = () => {
    if (editing && box()) typed("");
    editing = null;
    page()?.classList.remove("editing");
  };

  const typed = (text) => {
    const area = box();
    area.value = text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  };

  const moved = (answer, other = "") => answer && roundtable.go(answer.conversation, other);

  const rename = async (conversation, button) => {
    const value = button.closest(".head").querySelector(".title").textContent;
    const told = await roundtable.dialog(said("rename"), [{ name: "title", label: said("title"), value }], said("save"));
    if (told) await roundtable.post(`conversations/${conversation}/rename`, told);
  };

  const erase = async (conversation) => {
    if (!(await roundtable.post(`conversations/${conversation}/delete`))) return;
    roundtable.go("");
    roundtable.toast(said("deleted"), said("undo"), async () =>
      moved(await roundtable.post(`conversations/${conversation}/restore`)));
  };

  // Asks how the last question shall be answered once more, beside what was said.
  const compare = async (conversation) => {
    const choices = await roundtable.get("choices");
    if (!choices) return;
    const fields = [["strategy", choices.strategies], ["team", choices.teams], ["model", choices.models]]
      .filter(([, names]) => names.length)
      .map(([name, names]) => ({ name, label: said(name), options: [[said("as_before"), ""], ...names.map((each) => [each, each])] }));
    const told = await roundtable.dialog(said("compare"), fields, said("compare_now"));
    if (!told) return;
    const wish = Object.fromEntries(Object.entries(told).filter(([, value]) => value));
    const answer = await roundtable.post(`conversations/${conversation}/again`, wish);
    if (answer) roundtable.go(conversation, answer.conversation);
  };

  const acts = {
    rename,
    delete: erase,
    compare,
    close: () => roundtable.go(roundtable.here()),
    keep: (conversation) => roundtable.go(conversation),
    again: async (conversation) => moved(await roundtable.post(`conversations/${conversation}/again`)),
    branch: async (conversation, button) =>
      moved(await roundtable.post(`conversations/${conversation}/branch`, { seq: Number(button.dataset.seq) })),
    edit: (conversation, button) => {
      editing = { conversation, seq: Number(button.dataset.seq) };
      page().classList.add("editing");
      typed(button.closest(".question").querySelector(".words").textContent);
    },
    copy: async (_, button) => {
      await navigator.clipboard.writeText(button.closest(".message").querySelector(".prose").innerText);
      roundtable.toast(said("copied"), said("close"));
    },
    trace: (conversation) => roundtable.trace?.(conversation),
  };

  const chat = (element) => {
    document.documentElement.classList.toggle("no-clipboard", !navigator.clipboard);
    for (let part = element; part.id !== "talk"; part = part.parentElement) part.classList.add("tall");
    first = thread(element.querySelector(".thread"), true);
    addEventListener("popstate", enter);
    enter();
  };

  const conversations = (element) => {
    const search = element.querySelector("input");
    side = { list: element.querySelector(".list"), searching: "" };
    search.placeholder = search.ariaLabel = said("search");
    element.querySelector("nav").ariaLabel = said("conversations");
    let waits = 0;
    search.addEventListener("input", () => {
      clearTimeout(waits);
      side.searching = search.value.trim();
      waits = setTimeout(async () => {
        const answer = await roundtable.get(`conversations?containing=${encodeURIComponent(side.searching)}`);
        if (answer) drawn(side.list, answer.html);
        mark();
      }, 200);
    });
    side.list.addEventListener("click", (event) => {
      const link = event.target.closest("[data-conversation]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      roundtable.go(link.dataset.conversation);
    });
  };

  // Sends what stands in the composer; gives back what shall stand there then.
  const send = async (question, kb, team, strategy, model) => {
    if (!question.trim() || sending) return question;
    sending = true;
    const at = roundtable.here();
    const conversation = editing?.conversation || roundtable.here();
    const wish = Object.fromEntries(Object.entries({ kb, team, strategy, model }).filter(([, value]) => value));
    const answer = conversation
      ? await roundtable.post(`conversations/${conversation}/ask`, editing ? { question, seq: editing.seq } : { question })
      : await roundtable.post("conversations", { question, ...wish });
    sending = false;
    if (!answer) return box().value;
    editing = null;
    page().classList.remove("editing");
    roundtable.notice("");
    roundtable.endWalkthrough?.();
    if (at === roundtable.here() && answer.conversation !== at) roundtable.go(answer.conversation);
    return box().value === question ? "" : box().value;
  };

  const stop = () =>
    [roundtable.here(), roundtable.beside()].forEach((each) => each && roundtable.post(`conversations/${each}/stop`));
  const begin = () => {
    roundtable.go("");
    box()?.focus();
  };
  // A dropdown also speaks when it is only passed by.
  let choice = null;
  const chosen = (values) => {
    const before = choice;
    choice = JSON.stringify(values);
    if (before !== null && before !== choice) begin();
  };
  const choose = () => page().classList.toggle("choosing");

  return { chat, conversations, enter, send, stop, begin, chosen, choose, stopEditing };
})());
