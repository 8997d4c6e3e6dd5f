// The list of everything that was recorded: what is chosen in it, and a search that hides the rest.

const chooser = document.querySelector("[data-part=chooser]");
const search = chooser.querySelector("[name=find]");
const nothing = chooser.querySelector("[data-part=nothing]");

const boxes = () => [...chooser.querySelectorAll("[name=series]")];

/** The names of the series that are chosen. */
export const chosen = () => boxes().filter((box) => box.checked).map((box) => box.value);

/** Shows which series are chosen. */
export function choose(names) {
  for (const box of boxes()) box.checked = names.includes(box.value);
}

/** Every word of the search must be somewhere in the row or above it, in any order, with or without accents. */
const bare = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();

function filter() {
  const words = bare(search.value).split(/\s+/).filter(Boolean);
  let found = 0;
  for (const group of chooser.querySelectorAll("[data-part=device]")) {
    const heading = bare(group.querySelector("legend").textContent);
    let isEmpty = true;
    for (const row of group.querySelectorAll("label")) {
      const text = `${heading} ${bare(row.textContent)}`;
      row.hidden = !words.every((word) => text.includes(word));
      isEmpty &&= row.hidden;
      found += row.hidden ? 0 : 1;
    }
    group.hidden = isEmpty;
  }
  nothing.hidden = found > 0;
}

search.addEventListener("input", filter);
chooser.addEventListener("submit", (event) => event.preventDefault());
search.closest("label").hidden = false;
