import { Lane } from "./api.js";

const thumbnails = new Lane(2);

/** A share of one as a percentage that says neither 100 nor 0 where it is not. */
export function percent(share) {
  if (share > 0.999 && share < 1) return ">99.9 %";
  if (share < 0.001 && share > 0) return "<0.1 %";
  return `${(share * 100).toFixed(1)} %`;
}

/** How close the second class comes to the first: 0 for sure, 1 for a tie. */
export function doubt(guesses) {
  if (guesses.length < 2) return 0;
  return 1 - (guesses[0].probability - guesses[1].probability);
}

/** What is said of a picture: its class, or every label that is told. */
export function told(item) {
  return item.labels ?? (item.guesses?.length ? [item.guesses[0].class] : []);
}

export function element(name, options = {}, ...children) {
  const made = Object.assign(document.createElement(name), options);
  made.append(...children);
  return made;
}

/** One picture and what the model says of it. */
export class GraftCard extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.view = element("div", { className: "view" }, "…");
    this.title_ = element("p", { className: "name" }, element("span", { textContent: this.item.name }));
    this.body = element("div", { className: "answer" }, element("p", { className: "quiet", textContent: "waiting" }));
    this.extra = element("div", { className: "correct" });
    this.append(this.view, element("div", { className: "text" }, this.title_, this.body, this.extra));
    this.show();
    // Drawn, and looked at, when it comes near the screen.
    const observer = new IntersectionObserver((entries) => {
      this.isNear = entries.at(-1).isIntersecting;
      if (!this.isNear) return;
      if (!this.isDrawn) thumbnails.run(() => this.draw());
      this.isDrawn = true;
      this.showMap();
    }, { rootMargin: "600px" });
    observer.observe(this);
  }

  /** Lays a map over the picture of where the model sees a class; with null, or the same class again, takes it away. */
  look(guess) {
    this.seen = guess && this.seen?.index !== guess.index ? guess : null;
    this.showMap();
  }

  async showMap() {
    const { seen } = this;
    for (const button of this.querySelectorAll(".bars button")) {
      button.setAttribute("aria-pressed", String(Number(button.value) === seen?.index));
    }
    if (!seen) {
      this.heat?.remove();
      this.where?.remove();
    }
    if (!seen || !this.isNear || this.heat?.isConnected && this.heat.index === seen.index) return;
    try {
      const address = URL.createObjectURL(await this.item.explain(seen.index));
      if (this.seen !== seen) return URL.revokeObjectURL(address);
      this.heat?.remove();
      this.where?.remove();
      this.heat = element("img", { className: "heat", src: address, alt: `where the model sees ${seen.class}`, index: seen.index });
      this.heat.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
      this.view.append(this.heat);
      this.where = element("p", { className: "quiet where", textContent: `Glowing: where it sees ${seen.class}. Not why.` });
      this.body.append(this.where);
    } catch (error) {
      this.seen = null;
      this.body.append(this.where = element("p", { className: "fault where", textContent: error.message }));
    }
  }

  async draw() {
    try {
      const whole = await createImageBitmap(this.item.file);
      const scale = Math.min(1, 480 / Math.max(whole.width, whole.height));
      const canvas = element("canvas", {
        width: Math.max(1, Math.round(whole.width * scale)), height: Math.max(1, Math.round(whole.height * scale)),
      });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", this.item.name);
      canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
      whole.close();
      this.view.replaceChildren(canvas, ...this.view.querySelectorAll(".heat"));
    } catch {
      this.view.textContent = "no preview";
    }
  }

  /** Shows what the item's state is now. */
  show() {
    if (!this.body) return;
    const { guesses, labels, values, fault } = this.item;
    if (fault) {
      this.body.replaceChildren(element("p", { className: "fault", textContent: fault }));
    } else if (values) {
      const list = element("dl", { className: "values" });
      for (const { name, value } of values) {
        list.append(element("dt", { textContent: name }), element("dd", { textContent: String(Number(value.toPrecision(4))) }));
      }
      this.body.replaceChildren(list);
    } else if (guesses) {
      const bars = element("ol", { className: "bars" });
      for (const guess of guesses.slice(0, 4)) {
        const bar = element("span", { className: "bar" });
        bar.style.width = `${guess.probability * 100}%`;
        bar.setAttribute("aria-hidden", "true");
        const isTold = labels?.includes(guess.class);
        bars.append(element("li", labels && !isTold ? { className: "quiet" } : {}, bar, this.label(guess), " ",
          element("span", { className: "share", textContent: percent(guess.probability) })));
      }
      this.body.replaceChildren(bars);
      if (labels?.length === 0) this.body.append(element("p", { className: "tag", textContent: "no label" }));
      if (this.item.isStranger) this.body.append(element("p", { className: "tag", textContent: "none of these" }));
      else if (!labels && doubt(guesses) > 0.7) this.body.append(element("p", { className: "tag", textContent: "a close call" }));
    }
    // A map belongs to the answer it was made with.
    this.heat?.remove();
    const again = this.seen && guesses ? guesses[0] : null;
    this.seen = null;
    if (again) this.look(again);
  }

  /** A class' name; where the model has maps, a button for its own. */
  label(guess) {
    if (!this.item.explain) return element("span", { className: "label", textContent: guess.class });
    const button = element("button", {
      type: "button", className: "label", value: guess.index, textContent: guess.class, title: `where it sees ${guess.class}`,
    });
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => this.look(guess));
    return button;
  }
}
customElements.define("graft-card", GraftCard);
