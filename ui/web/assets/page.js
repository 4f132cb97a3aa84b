// Behaviour of the page: draws the conversation piece by piece and opens the source of a citation.
window.roundtable = (() => {
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

  const table = (element, props, watch, cite) => {
    const log = element.querySelector(".log");
    const status = element.querySelector(".status");
    const draw = () => {
      const { busy, pieces, status: words, sources: found } = props.value;
      const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
      pieces.forEach((html, index) =>
        drawn(log.children[index] || log.appendChild(document.createElement("div")), html));
      while (log.children.length > pieces.length) log.lastElementChild.remove();
      if (follows) log.scrollTop = log.scrollHeight;
      if (status.textContent !== words) status.textContent = words;
      document.getElementById("page").classList.toggle("busy", busy);
      sourcesHtml = found;
      if (sourcesPanel) drawn(sourcesPanel, found);
    };
    watch("value", draw);
    cites(element, cite);
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
})();
