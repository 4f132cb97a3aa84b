// Sources of an answer: listed, told when a number is pointed at, and opened beside the conversation.
Object.assign(window.roundtable, (() => {
  let opener = null;
  let place = null;
  let list = null;
  let card = null;
  let wanted = 0;

  const reveal = (passage) => {
    const text = passage.querySelector(".text");
    const cited = text.querySelector("mark") || text.querySelector(".cited");
    const top = (element) => element.getBoundingClientRect().top;
    if (cited) text.scrollTop += top(cited) - top(text) - text.clientHeight / 3;
    passage.scrollIntoView({ block: "start" });
    passage.querySelector("h2").focus({ preventScroll: true });
  };

  const show = async (conversation, marker) => {
    const shown = place.querySelector(".passage");
    if (shown?.dataset.marker === marker && place.dataset.conversation === conversation) return reveal(shown);
    const asked = (wanted += 1);
    const answer = await roundtable.get(`conversations/${conversation}/passages/${marker}`);
    if (!answer || asked !== wanted) return;
    place.dataset.conversation = conversation;
    place.innerHTML = answer.html;
    document.getElementById("page").classList.add("reading");
    reveal(place.querySelector(".passage"));
  };

  const cites = (element, conversation) =>
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-marker]");
      if (!button) return;
      opener = button;
      hint(null);
      show(conversation(), button.dataset.marker);
    });

  const hint = (button) => {
    card?.remove();
    card = null;
    const entry = button && list?.querySelector(`.source[data-marker="${button.dataset.marker}"]`);
    if (!entry) return;
    card = document.body.appendChild(document.createElement("div"));
    card.className = "hint";
    card.ariaHidden = "true";
    card.innerHTML = entry.innerHTML;
    const at = button.getBoundingClientRect();
    card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - card.offsetWidth - 8))}px`;
    card.style.top = at.top > card.offsetHeight + 12 ? `${at.top - card.offsetHeight - 6}px` : `${at.bottom + 6}px`;
  };

  const hints = (element) => {
    const over = (event) => hint(event.target.closest?.(".cite"));
    element.addEventListener("mouseover", over);
    element.addEventListener("focusin", (event) => event.target.matches(":focus-visible") && over(event));
    element.addEventListener("mouseleave", () => hint(null));
    element.addEventListener("focusout", () => hint(null));
  };

  const closed = () => {
    wanted += 1;
    if (!place?.innerHTML) return;
    place.innerHTML = "";
    document.getElementById("page").classList.remove("reading");
    if (opener?.isConnected) opener.focus();
  };

  const sources = (element) => {
    list = element.appendChild(document.createElement("div"));
    cites(list, () => roundtable.here());
  };
  const listed = (html) => list && list.innerHTML !== html && (list.innerHTML = html);

  const said = (name, values) =>
    Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), roundtable.words[`script.${name}`]);

  const turn = (figure, step) => {
    const { address, edition, name, pages } = figure.dataset;
    const page = Number(figure.dataset.page) + step;
    if (page < 1 || page > Number(pages)) return;
    figure.dataset.page = page;
    figure.classList.remove("failed");
    const image = figure.querySelector("img");
    image.src = `${address}/${page}?${edition}`;
    image.alt = said("page_of_name", { page, name });
    figure.querySelector(".count").textContent = said("page_of", { page, pages });
    figure.querySelector(".previous").setAttribute("aria-disabled", page === 1);
    figure.querySelector(".next").setAttribute("aria-disabled", page === Number(pages));
  };

  const enlarge = (section, large) => {
    section.classList.toggle("large", large);
    section.querySelector(".enlarge").setAttribute("aria-pressed", large);
  };

  const passage = (element) => {
    place = element.appendChild(document.createElement("div"));
    const toggle = (section) => enlarge(section, !section.classList.contains("large"));
    const actions = {
      close: closed,
      previous: (section) => turn(section.querySelector(".pages"), -1),
      next: (section) => turn(section.querySelector(".pages"), 1),
      enlarge: toggle,
      sheet: toggle,
    };
    place.addEventListener("click", (event) => {
      const part = event.target.closest(".close, .previous, .next, .enlarge, .sheet");
      if (part) actions[part.classList[0]](part.closest(".passage"));
    });
    place.addEventListener("keydown", (event) => {
      const large = place.querySelector(".passage.large");
      if (event.key === "Escape") large ? enlarge(large, false) : closed();
    });
    place.addEventListener("error", (event) => event.target.closest(".pages")?.classList.add("failed"), true);
  };

  return { cites, hints, sources, listed, passage, closePassage: closed };
})());
