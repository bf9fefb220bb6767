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
    // Drawn when it comes near the screen.
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      thumbnails.run(() => this.draw());
    }, { rootMargin: "600px" });
    observer.observe(this);
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
      this.view.replaceChildren(canvas);
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
        bars.append(element("li", labels && !isTold ? { className: "quiet" } : {}, bar,
          element("span", { className: "label", textContent: guess.class }), " ",
          element("span", { className: "share", textContent: percent(guess.probability) })));
      }
      this.body.replaceChildren(bars);
      if (labels?.length === 0) this.body.append(element("p", { className: "tag", textContent: "no label" }));
      if (this.item.isStranger) this.body.append(element("p", { className: "tag", textContent: "none of these" }));
      else if (!labels && doubt(guesses) > 0.7) this.body.append(element("p", { className: "tag", textContent: "a close call" }));
    }
    this.dispatchEvent(new CustomEvent("graft-shown", { bubbles: true }));
  }
}
customElements.define("graft-card", GraftCard);
