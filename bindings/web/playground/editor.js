// A text with line numbers, on which lines can be marked and shown.
const editor = (id, changed) => {
  const root = document.getElementById(id);
  const [text, gutter, count] = ["textarea", ".gutter", ".count"].map((one) => root.querySelector(one));
  let marks = new Map();

  const number = () => {
    const lines = text.value.split("\n").length;
    count.textContent = text.value ? `${lines} lines` : "";
    gutter.replaceChildren(...Array.from({ length: lines }, (_, index) =>
      element(`div${marks.has(index + 1) ? `.${marks.get(index + 1)}` : ""}`, String(index + 1))));
    follow();
  };
  const follow = () => {
    gutter.scrollTop = text.scrollTop;
  };
  text.addEventListener("scroll", follow);
  text.addEventListener("input", () => {
    marks = new Map();
    number();
    changed();
  });

  return {
    root,
    get value() {
      return text.value;
    },
    set value(value) {
      text.value = value;
      marks = new Map();
      number();
      text.scrollTop = 0;
    },
    /** From line to severity. */
    mark(found) {
      marks = found;
      number();
    },
    /** Selects a line from a column on. */
    show(line, column) {
      const lines = text.value.split("\n");
      const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
      text.focus();
      text.setSelectionRange(start + [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length, start + (lines[line - 1] ?? "").length);
      text.scrollTop = Math.max(0, (line - 4) * 20);
    },
  };
};
