import { ask, askForBytes, Lane } from "./api.js";
import { doubt, element, told } from "./card.js";
import { receive } from "./files.js";
import { Learning } from "./learning.js";

const byId = (id) => document.getElementById(id);
const requests = new Lane(4), maps = new Lane(2);

/** Every picture: its file, name, and what is known of it. */
let items = [];
let server = { models: [], learns: false, bodyBytes: Infinity };
let learning = null;

const model = () => byId("model-choice").value || server.models[0]?.name;

async function greet() {
  try {
    server = await ask("/page/models");
  } catch (error) {
    byId("model").textContent = `The server does not answer: ${error.message}`;
    return;
  }
  byId("model-choice").replaceChildren(
    ...server.models.map((model) => element("option", { value: model.name, textContent: model.name })));
  byId("models").hidden = server.models.length < 2;
  describe();
  if (server.learns) {
    learning = new Learning(byId("learning"), { ask, items: () => items, again, announce });
    await learning.refresh();
  }
}

function describe() {
  const chosen = server.models.find((known) => known.name === model());
  if (!chosen) return;
  byId("model").textContent = `${chosen.name}: ${chosen.classes.length} classes, ${chosen.backbone}`;
  document.title = `${chosen.name} · Graft`;
  byId("look-label").hidden = !chosen.explains;
  for (const item of items) item.explain = chosen.explains ? explain(item) : null;
}

/** Asks for the map of a class. */
const explain = (item) => (index) => maps.run(() =>
  askForBytes(`/explain?${new URLSearchParams({ model: model(), index })}`, { method: "POST", body: item.file }));

function add(files) {
  if (files.length === 0) {
    announce("No picture among these files: JPEG, PNG and WebP are read.");
    return;
  }
  byId("results").hidden = false;
  byId("drop").classList.add("small");
  for (const file of files) {
    const item = { file, name: file.graftPath || file.webkitRelativePath || file.name, number: items.length };
    if (server.models.find((known) => known.name === model())?.explains) item.explain = explain(item);
    item.card = document.createElement("graft-card");
    item.card.item = item;
    item.row = element("li", {}, item.card);
    items.push(item);
    byId("cards").append(item.row);
    learning?.equip(item);
    answer(item);
  }
  tell();
}

/** Asks what is on a picture. */
function answer(item) {
  item.guesses = item.fault = null;
  item.stop = new AbortController();
  return requests.run(async () => {
    if (item.isGone) return;
    try {
      if (item.file.size > server.bodyBytes) throw new Error("the file is larger than the server takes");
      const query = new URLSearchParams({ model: model(), top: 5 });
      const found = await ask(`/predict?${query}`, { method: "POST", body: item.file, signal: item.stop.signal });
      item.guesses = found.predictions[0].top;
      item.labels = found.predictions[0].labels;
      item.values = found.predictions[0].values;
      item.isStranger = found.predictions[0].none_of_these === true;
    } catch (error) {
      if (item.isGone) return;
      item.fault = error.message;
    }
    item.card.show();
    if (byId("look").checked) lookAt(item);
    tell();
  });
}

/** Shows or hides where the model sees what it says. */
function lookAt(item) {
  item.card.seen = null;
  item.card.look(byId("look").checked && item.explain ? item.guesses?.[0] : null);
}

/** Asks again about every picture. */
async function again() {
  await Promise.all(items.map(answer));
}

let isTelling = false;

/** Brings counts, order and filter up to date, once a frame. */
function tell() {
  if (isTelling) return;
  isTelling = true;
  requestAnimationFrame(() => {
    isTelling = false;
    const answered = items.filter((item) => item.guesses).length;
    const broken = items.filter((item) => item.fault).length;
    const isOver = answered + broken === items.length;
    byId("progress").max = Math.max(1, items.length);
    byId("progress").value = answered + broken;
    byId("progress").classList.toggle("done", isOver);
    const unread = broken > 0 ? `, ${broken} could not be read` : "";
    const few = items.length === 1 ? "picture" : "pictures";
    // A screen reader hears every tenth, and the last.
    if (isOver || (answered + broken) % 10 === 0) {
      announce(`${answered} of ${items.length} ${few} answered${unread}`);
    }
    filters();
    arrange();
  });
}

function announce(text) {
  byId("results").hidden = false;
  if (byId("status").textContent !== text) byId("status").textContent = text;
}

/** The classes that were found, with how often. */
function filters() {
  const counts = new Map();
  for (const item of items) {
    for (const name of told(item)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const chosen = byId("filter").value;
  const options = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  byId("filter").replaceChildren(
    element("option", { value: "", textContent: "all" }),
    ...options.map(([name, count]) => element("option", { value: name, textContent: `${name} (${count})` })));
  byId("filter").value = counts.has(chosen) ? chosen : "";
}

const orders = {
  added: (a, b) => a.number - b.number,
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  doubt: (a, b) => doubt(b.guesses ?? []) - doubt(a.guesses ?? []),
  sure: (a, b) => (b.guesses?.[0]?.probability ?? -1) - (a.guesses?.[0]?.probability ?? -1),
};

function arrange() {
  const wanted = byId("filter").value;
  const sorted = [...items].sort((a, b) => orders[byId("order").value](a, b) || a.number - b.number);
  for (const item of sorted) item.row.hidden = wanted !== "" && !told(item).includes(wanted);
  const rows = sorted.map((item) => item.row);
  learning?.showChosen();
  if (rows.some((row, index) => byId("cards").children[index] !== row)) byId("cards").append(...rows);
}

/** One row a picture, as spreadsheets read it; a cell that begins like a formula is made text. */
function csv() {
  const cell = (value) => {
    const text = typeof value === "number" ? String(value) : String(value).replace(/^([=+\-@\t\r])/, "'$1");
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const numbers = items.find((item) => item.values)?.values.map((value) => value.name);
  const rows = [numbers ? ["picture", ...numbers, "fault"]
    : ["picture", "class", "probability", "second", "second_probability", "fault"]];
  for (const item of items) {
    if (numbers) {
      rows.push([item.name, ...numbers.map((_, index) => item.values?.[index].value ?? ""), item.fault ?? ""]);
      continue;
    }
    const [first, second] = item.guesses ?? [];
    rows.push([item.name, first?.class ?? "", first?.probability ?? "", second?.class ?? "",
      second?.probability ?? "", item.fault ?? ""]);
  }
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

byId("download").addEventListener("click", () => {
  const link = element("a", {
    href: URL.createObjectURL(new Blob([csv()], { type: "text/csv" })), download: "answers.csv",
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
byId("clear").addEventListener("click", () => {
  for (const item of items) {
    item.isGone = true;
    item.stop?.abort();
    item.row.remove();
  }
  items = [];
  learning?.showChosen();
  byId("results").hidden = true;
  byId("drop").classList.remove("small");
  byId("choose").focus();
});
byId("order").addEventListener("change", arrange);
byId("filter").addEventListener("change", arrange);
byId("look").addEventListener("change", () => items.forEach(lookAt));
byId("model-choice").addEventListener("change", () => {
  describe();
  again();
});

receive(add);
greet();
