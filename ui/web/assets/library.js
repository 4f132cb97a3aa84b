// The library: draws its places piece by piece so that focus and input stay, and joins passages with their boxes.
Object.assign(window.roundtable, (() => {
  const nameOf = ({ dataset, ariaLabel }) => [dataset.act, ariaLabel, dataset.document, dataset.job, dataset.input].join("|");

  const redrawn = (node, html) => {
    if (node.drawn === html) return;
    const focused = node.contains(document.activeElement) ? nameOf(document.activeElement) : null;
    node.drawn = html;
    node.innerHTML = html;
    if (focused === null) return;
    const again = [...node.querySelectorAll("[data-act], [data-input]")].find((part) => nameOf(part) === focused);
    (again && !again.disabled ? again : node.parentElement).focus({ preventScroll: true });
  };

  const pieces = (root) => {
    const nodes = new Map();
    return (wanted) => {
      const ids = new Set(wanted.map(({ id }) => id));
      for (const [id, node] of nodes) {
        if (ids.has(id)) continue;
        const focused = node.contains(document.activeElement);
        node.remove();
        nodes.delete(id);
        if (focused) root.focus({ preventScroll: true });
      }
      wanted.forEach(({ id, html }, index) => {
        if (!nodes.has(id)) nodes.set(id, document.createElement("div"));
        const node = nodes.get(id);
        if (root.children[index] !== node) root.insertBefore(node, root.children[index] || null);
        redrawn(node, html);
      });
    };
  };

  const sends = (element, send) =>
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (!button) return;
      const input = button.parentElement.querySelector("[data-input]");
      send({ ...button.dataset, ...(input ? { [input.dataset.input]: input.value } : {}) });
    });

  const libraryPlace = (element, props, watch, send) => {
    const draw = pieces(element.querySelector(".lib-pieces"));
    watch("value", () => draw(props.value || []));
    sends(element, send);
    draw(props.value || []);
  };

  // The library is only followed while its tab is looked at: a browser has few connections to one server.
  const libraryLook = (element, look, leave) => {
    let [shown, looks] = [false, false];
    const seen = () => {
      if ((shown && !document.hidden) !== looks) (looks = !looks) ? look() : leave();
    };
    document.addEventListener("visibilitychange", seen);
    new IntersectionObserver((entries) => {
      shown = entries.at(-1).isIntersecting;
      seen();
    }).observe(element.closest('[role="tabpanel"]'));
  };

  const opener = (id) => document.querySelector(`#lib-views [data-act="preview"][data-document="${CSS.escape(id)}"]`);

  const light = (element, chunk) => {
    for (const part of element.querySelectorAll("[data-chunk]"))
      part.classList.toggle("on", part.dataset.chunk === chunk);
  };

  const arrived = (section) => {
    section.closest("#tab-library").scrollTop = 0;
    section.querySelector("h3").focus({ preventScroll: true });
    section.querySelector(".lib-chunk.chosen")?.scrollIntoView({ block: "nearest" });
  };

  const libraryPreview = (element, props, watch, send) => {
    const draw = pieces(element.querySelector(".lib-pieces"));
    let shown = "";
    watch("value", () => {
      draw(props.value || []);
      const section = element.querySelector(".lib-preview");
      const before = shown;
      shown = section?.dataset.document || "";
      if (section && shown !== before) arrived(section);
      if (!section && before) opener(before)?.focus();
    });
    sends(element, send);
    const over = (event) => light(element, event.target.closest("[data-chunk]")?.dataset.chunk);
    element.addEventListener("mouseover", over);
    element.addEventListener("focusin", over);
    element.addEventListener("click", (event) => {
      const box = event.target.closest(".lib-box");
      const chunk = box && element.querySelector(`.lib-chunk[data-chunk="${box.dataset.chunk}"]`);
      chunk?.scrollIntoView({ block: "nearest" });
      chunk?.focus({ preventScroll: true });
    });
    element.addEventListener("keydown", (event) => event.key === "Escape" && shown && send({ act: "close" }));
    element.addEventListener("error", (event) => event.target.closest(".lib-sheet")?.classList.add("failed"), true);
  };

  return { libraryLook, libraryPlace, libraryPreview };
})());
