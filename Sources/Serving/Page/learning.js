import { element, percent } from "./card.js";

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
      textContent: `${counts.pictures} pictures in ${this.classes.length} classes; ${corrections} corrections so far. `
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
      act("Use the new model all the same", "accept", true, Boolean(pending && !pending.isAccepted))));
    this.place.replaceChildren(...rows);
  }

  async act(action) {
    try {
      this.state = await this.page.ask(`/learn/${action}`, { method: "POST" });
      this.classes = this.state.classes;
      this.show();
      this.page.announce(this.summary());
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

  /** Gives a card its "this is wrong". */
  equip(item) {
    const choose = element("select", {});
    choose.setAttribute("aria-label", `What ${item.name} really is`);
    choose.append(element("option", { value: "", textContent: "It is…" }),
      ...this.classes.map((name) => element("option", { value: name, textContent: name })),
      element("option", { value: "\u0000new", textContent: "a new class…" }));
    choose.addEventListener("change", async () => {
      let name = choose.value;
      if (name === "\u0000new") name = (prompt("The new class' name:") ?? "").trim();
      if (name) await this.correct(item, name);
      choose.value = "";
    });
    queueMicrotask(() => item.card.extra?.replaceChildren(choose));
  }

  async correct(item, name) {
    try {
      const query = new URLSearchParams({ class: name, name: item.name });
      this.state = await this.page.ask(`/learn/correct?${query}`, { method: "POST", body: item.file });
      this.classes = this.state.classes;
      item.truth = name;
      this.show();
      this.page.announce(`${item.name} is kept as ${name}. ${this.summary()}`);
      await this.page.again();
    } catch (error) {
      this.page.announce(error.message);
    }
  }
}
