// Only compiled: the types, from CommonJS.
import gateline = require("gateline");
import { routesTo } from "gateline/assert";

const routes: gateline.Manifests = gateline.load(["a", "b"], { assume: { services: "present" }, regexRank: "below-prefix" });
routesTo(routes.route({ url: "https://a/", headers: { a: ["1", "2"] } }), "svc");
// @ts-expect-error there is no such kind
gateline.load("a", { assume: { service: "present" } });
