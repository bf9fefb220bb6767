import { askForBytes, Lane } from "./api.js";
import { element, percent } from "./card.js";

const images = new Lane(4);

/** What the page shows where the server learns: corrections, what they changed, and the way back. */
export class Learning {
  constructor(place, page) {
    this.place = place;
    this.page = page;
    this.classes = [];
  }

  async refresh() {
    this.state = await this.page.ask("/learn/state");
    this.classes = this.state.classes;
    this.place.hidden = false;
    this.show();
  }

  show() {
    const { corrections, pending, counts, before, after } = this.state;
    const rows = [element("h2", { textContent: "Teach it" })];
    rows.push(element("p", {
      className: "quiet",
      textContent: `${counts.pictures} pictures in ${this.classes.length} classes; ${corrections === 1 ? "1 correction" : `${corrections} corrections`} so far. `
        + "A corrected picture is kept on the server, in its class' folder.",
    }));
    if (pending) {
      const change = after.correct - before.correct;
      const text = `On ${after.total} held-out pictures: ${before.correct} right (${percent(before.correct / before.total)}) `
        + `before, ${after.correct} (${percent(after.correct / after.total)}) after, in ${pending.seconds.toFixed(2)} s.`;
      rows.push(element("p", { textContent: text }));
      if (!pending.isAccepted) {
        rows.push(element("p", { className: change < 0 ? "fault" : "", textContent: "The new model is worse: it is not in use." }));
      }
    }
    const act = (label, action, isStrong, isPossible) => {
      const button = element("button", { type: "button", textContent: label, className: isStrong ? "strong" : "" });
      button.disabled = !isPossible;
      button.addEventListener("click", () => this.act(action));
      return button;
    };
    rows.push(element("div", { className: "row" },
      act("Undo the last correction", "undo", false, corrections > 0),
      act("Train again", "train", false, true),
      ...(pending && !pending.isAccepted ? [act("Use the new model all the same", "accept", true, true)] : []),
      this.opener("Look through the pictures", () => this.openGallery()),
      this.opener("What it mixes up", () => this.openMatrix())));
    this.many ??= this.makeMany();
    rows.push(this.many);
    this.album ??= element("div", { className: "album" });
    rows.push(this.album);
    this.place.replaceChildren(...rows);
    this.showChosen();
  }

  /** What several pictures are: chosen on their cards, or all that are shown. */
  makeMany() {
    this.count = element("span", {});
    this.all = element("button", { type: "button", textContent: "Choose all that are shown" });
    this.all.addEventListener("click", () => this.choose((item) => !item.row.hidden));
    this.none = element("button", { type: "button", textContent: "Choose none" });
    this.none.addEventListener("click", () => this.choose(() => false));
    this.chosenTruth = element("select", {});
    this.chosenTruth.setAttribute("aria-label", "What the chosen pictures really are");
    this.onTruth(this.chosenTruth, (name) => this.correct(this.page.items().filter((item) => item.isChosen), name));
    return element("div", { className: "row" }, this.all, this.none, this.count, this.chosenTruth);
  }

  choose(isWanted) {
    for (const item of this.page.items()) this.setChosen(item, isWanted(item));
    this.showChosen();
  }

  setChosen(item, isChosen) {
    item.isChosen = isChosen;
    item.pick.checked = isChosen;
    item.card.classList.toggle("chosen", isChosen);
  }

  showChosen() {
    if (!this.many) return;
    const items = this.page.items();
    const count = items.filter((item) => item.isChosen).length;
    this.many.hidden = items.length === 0;
    this.count.textContent = `${count} chosen.`;
    this.none.disabled = this.chosenTruth.disabled = count === 0;
    this.offer(this.chosenTruth, "They are…");
  }

  /** The classes to choose from, and a new one. */
  offer(choice, lead) {
    choice.replaceChildren(element("option", { value: "", textContent: lead }),
      ...this.classes.map((name) => element("option", { value: name, textContent: name })),
      element("option", { value: "\u0000new", textContent: "a new class…" }));
  }

  /** Calls back with the class that was chosen. */
  onTruth(choice, correct) {
    choice.addEventListener("change", async () => {
      let name = choice.value;
      choice.value = "";
      if (name === "\u0000new") name = (prompt("The new class' name:") ?? "").trim();
      if (name) await correct(name);
    });
  }

  opener(label, open) {
    const button = element("button", { type: "button", textContent: label });
    button.addEventListener("click", () => open().catch((error) => this.page.announce(error.message)));
    return button;
  }

  /** Pictures that the model learns from, the most doubtful first. */
  async openGallery(isWanted = () => true, title = "The pictures, the most doubtful first") {
    const { pictures } = await this.page.ask("/learn/gallery");
    const wanted = pictures.filter(isWanted);
    const list = element("ul", { className: "shelf" });
    for (const picture of wanted.slice(0, 60)) {
      const [label, predicted] = [this.classes[picture.label], this.classes[picture.predicted]];
      const image = element("img", { alt: "", loading: "lazy" });
      images.run(async () => {
        const address = URL.createObjectURL(await askForBytes(`/learn/picture?id=${picture.id}`));
        image.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
        image.alt = `a picture of ${label}`;
        image.src = address;
      }).catch(() => image.replaceWith(element("span", { textContent: "gone" })));
      const text = label === predicted
        ? `${label}, ${percent(picture.probability)}` : `${label}, taken for ${predicted}`;
      const truth = element("select", {});
      truth.setAttribute("aria-label", `What this picture of ${label} really is`);
      this.offer(truth, "It is…");
      this.onTruth(truth, async (name) => {
        await this.change(() => this.page.ask(`/learn/correct?${new URLSearchParams({ class: name, id: picture.id })}`,
          { method: "POST" }), `The picture is ${name} now. `);
        await this.openGallery(isWanted, title);
      });
      list.append(element("li", {}, image, element("span", { textContent: text }), truth));
    }
    const more = wanted.length > 60 ? `, 60 of ${wanted.length}` : "";
    this.album.replaceChildren(element("h3", { textContent: `${title}${more}`, tabIndex: -1 }), list, this.closer());
    this.album.firstChild.focus();
  }

  /** What pictures are, and what the model takes them for; a cell opens its pictures. */
  async openMatrix() {
    const { classes, counts } = await this.page.ask("/learn/matrix");
    const table = element("table", {});
    table.append(element("caption", { textContent: "Rows: what pictures are. Columns: what the model takes them for." }));
    table.append(element("tr", {}, element("td"), ...classes.map((name) => element("th", { scope: "col", textContent: name }))));
    counts.forEach((row, truth) => {
      const cells = row.map((count, guess) => {
        if (count === 0) return element("td", { textContent: "0" });
        const title = `${classes[truth]} taken for ${classes[guess]}`;
        const button = this.opener(String(count), () =>
          this.openGallery((picture) => picture.label === truth && picture.predicted === guess, title));
        button.setAttribute("aria-label", `${count} pictures: ${title}`);
        return element("td", { className: truth === guess ? "right" : "" }, button);
      });
      table.append(element("tr", {}, element("th", { scope: "row", textContent: classes[truth] }), ...cells));
    });
    this.album.replaceChildren(element("h3", { textContent: "What it mixes up", tabIndex: -1 }), table, this.closer());
    this.album.firstChild.focus();
  }

  closer() {
    const button = element("button", { type: "button", textContent: "Close" });
    button.addEventListener("click", () => this.album.replaceChildren());
    return button;
  }

  act(action) { return this.change(() => this.page.ask(`/learn/${action}`, { method: "POST" })); }

  /** Does something that may change the model, and asks again what it says. */
  async change(work, lead = "") {
    try {
      this.state = await work();
      this.classes = this.state.classes;
      for (const item of this.page.items()) this.offer(item.truth, "It is…");
      this.show();
      this.page.announce(lead + this.summary());
      await this.page.again();
    } catch (error) {
      this.page.announce(error.message);
    }
  }

  summary() {
    const { pending, before, after } = this.state;
    if (!pending) return "Undone.";
    return `Trained again in ${pending.seconds.toFixed(2)} seconds: ${after.correct} of ${after.total} held-out pictures `
      + `right, ${before.correct} before. ${pending.isAccepted ? "The new model is in use." : "The old model stays."}`;
  }

  /** Gives a card its "this is wrong", alone or with others. */
  equip(item) {
    item.truth = element("select", {});
    item.truth.setAttribute("aria-label", `What ${item.name} really is`);
    this.offer(item.truth, "It is…");
    this.onTruth(item.truth, (name) => this.correct([item], name));
    item.pick = element("input", { type: "checkbox" });
    item.pick.setAttribute("aria-label", `Choose ${item.name}`);
    item.pick.addEventListener("change", () => {
      this.setChosen(item, item.pick.checked);
      this.showChosen();
    });
    queueMicrotask(() => item.card.extra?.replaceChildren(item.pick, item.truth));
  }

  /** Keeps pictures in a class' folder, then trains once. */
  correct(items, name) {
    const what = items.length === 1 ? `${items[0].name} is` : `${items.length} pictures are`;
    return this.change(async () => {
      for (const [index, item] of items.entries()) {
        if (items.length > 1) this.page.announce(`Keeping ${index + 1} of ${items.length}…`);
        const query = new URLSearchParams({ class: name, train: "later" });
        await this.page.ask(`/learn/correct?${query}`, { method: "POST", body: item.file });
        this.setChosen(item, false);
      }
      return this.page.ask("/learn/train", { method: "POST" });
    }, `${what} kept as ${name}. `);
  }
}
