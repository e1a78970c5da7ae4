// What is on the page as the fragment of its address: compressed, and never sent to a server.
const share = (() => {
  const MOST = 4 << 20;

  const through = (bytes, stream) => new Blob([bytes]).stream().pipeThrough(stream);

  const pack = async (state) => {
    const packed = through(JSON.stringify(state), new CompressionStream("deflate-raw"));
    const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  };

  /** `null` for what is no state. A link is whatever somebody wrote: it is read up to a size. */
  const unpack = async (fragment) => {
    try {
      const text = atob(fragment.replaceAll("-", "+").replaceAll("_", "/"));
      const reader = through(Uint8Array.from(text, (char) => char.charCodeAt(0)), new DecompressionStream("deflate-raw")).getReader();
      const parts = [];
      for (let size = 0; ;) {
        const { done, value } = await reader.read();
        if (done) break;
        size += value.length;
        if (size > MOST) return null;
        parts.push(value);
      }
      const state = JSON.parse(await new Blob(parts).text());
      return typeof state === "object" ? state : null;
    } catch {
      return null;
    }
  };
  return { pack, unpack };
})();
