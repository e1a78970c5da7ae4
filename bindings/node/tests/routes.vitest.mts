// The matchers of vitest.
import { expect, test } from "vitest";
import { load } from "gateline";
import "gateline/vitest";

const shop = load("examples/shop");
const url = "https://www.shop.example.com/healthz";

function message(work: () => void): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it did not fail");
}

test("toRouteTo", () => {
  expect(shop.route(url)).toRouteTo("storefront/pages:8080");
  expect(shop.route(new Request(url))).toRouteTo("pages");
  expect(shop.route(url)).not.toRouteTo("pages-next");
  const failed = message(() => expect(shop.route(url)).toRouteTo("pages-next"));
  expect(failed).toContain("expected pages-next\ngot      storefront/pages:8080");
  expect(failed).toContain("candidates, strongest first");
});

test("toRedirectTo", () => {
  const decision = shop.route("http://www.shop.example.com/x");
  expect(decision).toRedirectTo("https://www.shop.example.com/x", 301);
  expect(decision).toRedirectTo("https://www.shop.example.com/x");
  expect(decision).not.toRedirectTo("https://www.shop.example.com/x", 308);
  expect(message(() => expect(shop.route(url)).toRedirectTo("https://a/"))).toContain("got      forward");
});

test("toAnswer", () => {
  expect(shop.route("https://nobody.example.com/")).toAnswer(404, "no-matching-listener");
  expect(shop.route(url)).not.toAnswer(404);
});

test("toHaveNoFindings", () => {
  expect(shop).toHaveNoFindings();
  const guide = load("examples/guide");
  expect(guide).not.toHaveNoFindings({ select: ["GL103"] });
  expect(message(() => expect(guide).toHaveNoFindings())).toContain("01-three-tiers.yaml:36:7: error[GL103]");
});

test("decisions are compared by what they say", () => {
  expect(shop.route(url)).toEqual(shop.route(url));
  expect(shop.route(url)).not.toEqual(shop.route("https://www.shop.example.com/"));
});

test("what is no decision is a mistake", () => {
  expect(message(() => expect(1).toRouteTo("a"))).toContain("1 is no decision");
});
