// The engine, from the bytes in the page. After a panic, which should not be, the next question gets a new one.
const engine = (data) => {
  class Refused extends Error {
    constructor(errors) {
      super(errors.map((one) => one.message).join("\n"));
      this.errors = errors;
    }
  }

  const bytes = (async () => {
    const packed = Uint8Array.from(atob(data.wasm), (char) => char.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  })();
  const start = async () => wasm_bindgen({ module_or_path: await WebAssembly.compile(await bytes) });

  let ready = start();
  let kept = new Map();

  /** Asks; what the engine refuses has places. */
  const guarded = async (question) => {
    await ready;
    try {
      return question();
    } catch (thrown) {
      if (typeof thrown === "string") throw new Refused(JSON.parse(thrown).errors);
      kept = new Map();
      ready = start();
      throw new Refused([{ message: `the engine broke, which is a mistake of ours: ${thrown}`, place: null, help: null }]);
    }
  };

  /** Manifests that were read, for as long as their text stays. */
  const manifests = (name, text, profile) => {
    const known = kept.get(name);
    if (known?.text === text && known.profile === profile) return known.manifests;
    known?.manifests.free();
    kept.delete(name);
    const made = new wasm_bindgen.Manifests([name, text], JSON.stringify({ profile }), Date.now());
    kept.set(name, { text, profile, manifests: made });
    return made;
  };

  return {
    Refused,
    criteria: () => guarded(() => JSON.parse(wasm_bindgen.criteria())),
    explain: (text, request, headers, profile) => guarded(() =>
      JSON.parse(manifests("manifests.yaml", text, profile).explain(request, headers.flat()))),
    check: (text, profile) => guarded(() => JSON.parse(manifests("manifests.yaml", text, profile).findings())),
    diff: (before, after, profile) => guarded(() =>
      JSON.parse(manifests("manifests.yaml", before, profile).diff(manifests("after.yaml", after, profile)))),
    migrate: (text, envoyGateway) => guarded(() => JSON.parse(wasm_bindgen.migrate(["manifests.yaml", text], envoyGateway))),
  };
};
