// A training while it lasts: curves, the worst mistakes of the last epoch, and every number.
import { ask, askForBytes } from "./api.js";
import { element, percent } from "./card.js";

const byId = (id) => document.getElementById(id);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The pictures that were fetched, by number. */
const images = new Map();
let shown = -1;

function announce(text) {
  if (byId("status").textContent !== text) byId("status").textContent = text;
}

const count = (correct, total) => (correct === null ? "" : `${correct} of ${total} (${percent(correct / total)})`);

function tell(state) {
  const last = state.epochs.at(-1);
  byId("stage").textContent = state.end ? "over" : state.stage;
  document.title = last ? `${last.epoch}/${state.expected} · Graft` : "Training · Graft";
  byId("progress").max = state.done?.total || 1;
  byId("progress").value = state.end ? byId("progress").max : state.done?.count ?? 0;
  byId("facts").replaceChildren(...state.facts.flatMap(({ name, value }) =>
    [element("dt", { textContent: name }), element("dd", { textContent: value })]));
  if (state.end) {
    byId("status").classList.toggle("fault", !state.end.isGood);
    return announce(state.end.text);
  }
  if (!last) return announce(state.done ? `${state.stage}: ${state.done.count} of ${state.done.total}` : state.stage);
  const right = last.testCorrect !== null
    ? `${count(last.testCorrect, last.testTotal)} test pictures right`
    : last.trainCorrect !== null ? `${count(last.trainCorrect, last.trainTotal)} training pictures right`
      : `training loss ${last.trainLoss.toPrecision(4)}`;
  announce(`Epoch ${last.epoch} of ${state.expected}: ${right}.`);
}

/** The figure comes drawn, as in the report. */
function draw(state) {
  const figure = new DOMParser().parseFromString(state.curves, "text/html").querySelector(".curves");
  if (figure) byId("curves").replaceChildren(document.adoptNode(figure));
}

async function fill(image, id) {
  try {
    if (!images.has(id)) images.set(id, askForBytes(`/watch/picture?id=${id}`).then((blob) => URL.createObjectURL(blob)));
    image.src = await images.get(id);
  } catch {
    images.delete(id);
    image.replaceWith(element("span", { className: "quiet", textContent: "gone" }));
  }
}

function showMistakes(state) {
  if (state.mistakesEpoch === null) return;
  byId("mistakes").hidden = false;
  byId("mistakes-text").textContent = state.mistakes.length === 0
    ? `After epoch ${state.mistakesEpoch} no test picture is answered wrong.`
    : `Test pictures that the model is most wrong about after epoch ${state.mistakesEpoch}, the worst first.`;
  byId("mistake-list").replaceChildren(...state.mistakes.map((mistake) => {
    const image = element("img", { alt: mistake.name });
    fill(image, mistake.id);
    return element("li", {}, image,
      element("span", {}, element("b", { textContent: mistake.guess }), ` ${percent(mistake.probability)}`),
      element("span", { textContent: `is ${mistake.truth}, ${percent(mistake.truthProbability)}` }),
      element("span", { className: "quiet", textContent: mistake.name }));
  }));
}

function showTable(state) {
  byId("table").hidden = state.epochs.length === 0;
  const head = ["epoch", "training loss", "right", "test loss", "right", "seconds"];
  byId("epochs").replaceChildren(
    element("tr", {}, ...head.map((textContent) => element("th", { scope: "col", textContent }))),
    ...state.epochs.map((row) => element("tr", {},
      element("th", { scope: "row", textContent: row.epoch }),
      ...[row.trainLoss.toPrecision(4), count(row.trainCorrect, row.trainTotal), row.testLoss?.toPrecision(4) ?? "",
        count(row.testCorrect, row.testTotal), row.seconds.toPrecision(2)].map((textContent) => element("td", { textContent })))));
}

async function follow() {
  for (let misses = 0; misses < 5;) {
    try {
      const state = await ask("/watch/state");
      misses = 0;
      if (state.version !== shown) {
        shown = state.version;
        tell(state);
        draw(state);
        showMistakes(state);
        showTable(state);
      }
      if (state.end) return;
    } catch {
      misses++;
    }
    await pause(500);
  }
  announce("The run does not answer any more.");
  byId("stage").textContent = "over";
}

follow();
