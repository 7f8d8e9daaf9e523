// The status board: search, filter, sort. The view is in the address, so that it can be shared.
// Without JavaScript the table stands as it is.
const table = document.getElementById("board");
const body = table.tBodies[0];
const heads = [...table.tHead.rows[0].cells];
const rows = [...body.rows];
const view = new URLSearchParams(location.search);
const text = (row, column) => row.cells[column].textContent.trim();

const form = document.createElement("form");
form.className = "board-filter";
form.role = "search";
const field = (label, input) => {
  const box = document.createElement("label");
  box.append(`${label} `, input);
  form.append(box);
  return input;
};
const search = field("Search", Object.assign(document.createElement("input"), { type: "search", name: "q" }));
const filters = heads.flatMap((head, column) => {
  const name = head.textContent;
  if (!["Part", "Setting", "Against paper", "Against baseline"].includes(name)) return [];
  const select = document.createElement("select");
  select.name = name.toLowerCase().replaceAll(" ", "-");
  const found = [...new Set(rows.map((row) => text(row, column)))].filter(Boolean).sort();
  select.append(new Option("all", ""), ...found.map((value) => new Option(value, value)));
  return [{ column, select: field(name, select) }];
});
const said = document.createElement("output");
form.append(said);
table.parentElement.before(form);

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const all = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => all.includes(word))
      || filters.some(({ column, select }) => select.value && text(row, column) !== select.value);
    count += !row.hidden;
  }
  const column = heads.findIndex((head) => head.textContent === view.get("sort"));
  const down = view.get("down") === "1";
  heads.forEach((head, at) => {
    if (at === column) head.ariaSort = down ? "descending" : "ascending";
    else head.removeAttribute("aria-sort");
  });
  const order = [...rows];
  if (column >= 0) {
    order.sort((a, b) => text(a, column).localeCompare(text(b, column), "en", { numeric: true }));
    if (down) order.reverse();
  }
  body.append(...order);
  said.textContent = `${count} of ${rows.length} papers`;
  for (const input of [search, ...filters.map(({ select }) => select)]) {
    if (input.value) view.set(input.name, input.value);
    else view.delete(input.name);
  }
  const query = view.toString();
  history.replaceState(null, "", location.pathname + (query ? `?${query}` : "") + location.hash);
}

for (const head of heads) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  button.addEventListener("click", () => {
    const again = view.get("sort") === button.textContent && view.get("down") !== "1";
    view.set("sort", button.textContent);
    if (again) view.set("down", "1");
    else view.delete("down");
    show();
  });
  head.replaceChildren(button);
}
for (const input of [search, ...filters.map(({ select }) => select)]) {
  input.value = view.get(input.name) ?? "";
  input.addEventListener("input", show);
}
form.addEventListener("submit", (event) => event.preventDefault());
show();
