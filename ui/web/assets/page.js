// Behaviour of the page: draws the conversation piece by piece and opens the source of a citation.
window.roundtable = (() => {
  let opener = null;
  let sourcesPanel = null;
  let sourcesHtml = "";

  const reveal = (passage) => {
    passage.scrollIntoView({ block: "nearest" });
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

  const passage = (element, props, watch) => {
    const close = () => {
      props.value = "";
      opener?.isConnected && opener.focus();
    };
    watch("value", () => {
      const shown = element.querySelector(".passage");
      if (shown) reveal(shown);
    });
    element.addEventListener("click", (event) => event.target.closest(".close") && close());
    element.addEventListener("keydown", (event) => event.key === "Escape" && close());
  };

  return { table, sources, passage };
})();
