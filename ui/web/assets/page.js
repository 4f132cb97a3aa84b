// Behaviour of the page: draws the conversation piece by piece, asks about code that waits, opens sources of citations.
Object.assign(window.roundtable, (() => {
  let opener = null;
  let sourcesPanel = null;
  let sourcesHtml = "";

  const reveal = (passage) => {
    const text = passage.querySelector(".text");
    const cited = text.querySelector("mark") || text.querySelector(".cited");
    const top = (element) => element.getBoundingClientRect().top;
    if (cited) text.scrollTop += top(cited) - top(text) - text.clientHeight / 3;
    passage.scrollIntoView({ block: "start" });
    passage.querySelector("h2").focus({ preventScroll: true });
  };

  const cites = (element, cite) =>
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-marker]");
      if (!button) return;
      opener = button;
      const shown = document.querySelector(`.passage[data-marker="${button.dataset.marker}"]`);
      if (shown) reveal(shown);
      else cite({ marker: Number(button.dataset.marker) });
    });

  const drawn = (node, html) => {
    if (node.drawn === html) return;
    node.drawn = html;
    node.innerHTML = html;
  };

  const isTyping = () => Boolean(document.activeElement?.matches("input, textarea") && document.activeElement.value);

  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;

  const SENT_MS = 2500;
  const approval = (place, decide, leave) => {
    let shown = "";
    let timer = 0;

    const countDown = (left) => {
      const until = Date.now() + 1000 * left;
      const tick = () => {
        const seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
        place.querySelector(".left").textContent = clock(seconds);
        place.querySelector(".approval").classList.toggle("urgent", seconds <= 30);
      };
      tick();
      timer = setInterval(tick, 1000);
    };

    const wire = (section) => {
      const part = (selector) => section.querySelector(selector);
      const [code, reason, approve] = [part("textarea"), part("input"), part(".approve")];
      const isEdited = () => code.value !== code.defaultValue;
      const edited = () => {
        approve.textContent = isEdited() ? "Approve edited code" : "Approve";
        approve.disabled = !code.value.trim();
        part(".restore").hidden = !isEdited();
      };
      const sent = (is) => {
        section.ariaBusy = is;
        code.readOnly = reason.readOnly = is;
      };
      const send = (approved) => {
        if (section.ariaBusy === "true") return;
        sent(true);
        setTimeout(() => sent(false), SENT_MS);
        decide({
          approval_id: section.dataset.id,
          code_sha256: section.dataset.sha256,
          approved,
          code: approved && isEdited() ? code.value : null,
          reason: reason.value.trim(),
        });
      };
      code.addEventListener("input", edited);
      approve.addEventListener("click", () => send(true));
      part(".reject").addEventListener("click", () => send(false));
      part(".restore").addEventListener("click", () => {
        code.value = code.defaultValue;
        edited();
        code.focus();
      });
    };

    return ({ id, html, left }) => {
      if (id === shown) return;
      const wasInside = place.contains(document.activeElement);
      shown = id;
      clearInterval(timer);
      place.innerHTML = html;
      if (!id) return wasInside && leave();
      wire(place.firstElementChild);
      if (left) countDown(left);
      if (isTyping()) return;
      place.querySelector("h2").focus({ preventScroll: true });
      place.scrollIntoView({ block: "end" });
    };
  };

  const table = (element, props, watch, cite, decide) => {
    const talk = element.querySelector(".talk");
    const log = element.querySelector(".log");
    const status = element.querySelector(".status");
    const ask = approval(element.querySelector(".panel"), decide, () => talk.focus({ preventScroll: true }));
    let follows = true;
    const isAtEnd = () => talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
    const follow = () => follows && (talk.scrollTop = talk.scrollHeight);
    const draw = () => {
      const { busy, pieces, panel, status: words, sources: found } = props.value;
      follows = isAtEnd();
      pieces.forEach((html, index) =>
        drawn(log.children[index] || log.appendChild(document.createElement("div")), html));
      while (log.children.length > pieces.length) log.lastElementChild.remove();
      ask(panel);
      follow();
      if (status.textContent !== words) status.textContent = words;
      document.getElementById("page").classList.toggle("busy", busy);
      sourcesHtml = found;
      if (sourcesPanel) drawn(sourcesPanel, found);
    };
    watch("value", draw);
    cites(element, cite);
    talk.addEventListener("scroll", () => (follows = isAtEnd()));
    log.addEventListener("load", follow, true);
    log.addEventListener("error", (event) => event.target.closest("figure")?.classList.add("failed"), true);
    draw();
  };

  const sources = (element, cite) => {
    sourcesPanel = element.appendChild(document.createElement("div"));
    drawn(sourcesPanel, sourcesHtml);
    cites(element, cite);
  };

  const turn = (figure, step) => {
    const { address, edition, name, pages } = figure.dataset;
    const page = Number(figure.dataset.page) + step;
    if (page < 1 || page > Number(pages)) return;
    figure.dataset.page = page;
    figure.classList.remove("failed");
    const image = figure.querySelector("img");
    image.src = `${address}/${page}?${edition}`;
    image.alt = `Page ${page} of ${name}`;
    figure.querySelector(".count").textContent = `Page ${page} of ${pages}`;
    figure.querySelector(".previous").setAttribute("aria-disabled", page === 1);
    figure.querySelector(".next").setAttribute("aria-disabled", page === Number(pages));
  };

  const enlarge = (section, large) => {
    section.classList.toggle("large", large);
    section.querySelector(".enlarge").setAttribute("aria-pressed", large);
  };

  const passage = (element, props, watch) => {
    const close = () => {
      props.value = "";
      opener?.isConnected && opener.focus();
    };
    const actions = {
      close: () => close(),
      previous: (section) => turn(section.querySelector(".pages"), -1),
      next: (section) => turn(section.querySelector(".pages"), 1),
      enlarge: (section) => enlarge(section, !section.classList.contains("large")),
      sheet: (section) => enlarge(section, !section.classList.contains("large")),
    };
    watch("value", () => {
      const shown = element.querySelector(".passage");
      if (shown) reveal(shown);
    });
    element.addEventListener("click", (event) => {
      const part = event.target.closest(".close, .previous, .next, .enlarge, .sheet");
      if (part) actions[part.classList[0]](part.closest(".passage"));
    });
    element.addEventListener("keydown", (event) => {
      const large = element.querySelector(".passage.large");
      if (event.key === "Escape") large ? enlarge(large, false) : close();
    });
    const failed = (event) => event.target.closest(".pages")?.classList.add("failed");
    element.addEventListener("error", failed, true);
  };

  return { table, sources, passage };
})());
