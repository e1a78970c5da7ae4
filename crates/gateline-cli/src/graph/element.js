// Elements from data. Text becomes text, whatever it holds.
const element = (() => {
  /** `element("p.quiet", "text", child)`; an object among the children has attributes, and functions for events. */
  const element = (selector, ...children) => {
    const [name, ...classes] = selector.split(".");
    const made = document.createElement(name || "div");
    if (classes.length) made.className = classes.join(" ");
    for (const child of children.flat()) {
      if (child === null || child === undefined) continue;
      if (typeof child === "object" && !(child instanceof Node)) {
        for (const [key, value] of Object.entries(child)) {
          if (typeof value === "function") made.addEventListener(key, value);
          else if (value !== null) made.setAttribute(key, value);
        }
      } else {
        made.append(child);
      }
    }
    return made;
  };
  return element;
})();
